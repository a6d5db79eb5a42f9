"""How `./help.sh prove` begins and ends: it asks first, and destroys in any case."""

import pytest

from localcloud import LocalAws
from ops.prove.command import _destroying
from ops.prove.throwaway import Throwaway, own_prefix
from ops.shared.errors import OpsError
from ops.terraform.terraform import TerraformError
from tests.conftest import House
from tests.ops.conftest import Run
from tests.ops.test_commands import on_a_terminal
from tests.synthesized import read_settings


class Pretended(Throwaway):
    """A throwaway stack whose resources are a list."""

    def __init__(self, left: list[str], error: Exception | None = None) -> None:
        env = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        super().__init__(read_settings(), env, account="123456789012")
        self.resources = left
        self.error = error
        self.calls: list[bool] = []
        self.forgotten = False

    def left(self) -> list[str]:
        """Return the list."""
        return self.resources

    def destroy(self, *, at_once: bool = False) -> None:
        """Empty the list, or fail."""
        self.calls.append(at_once)
        if self.error:
            raise self.error
        self.resources = []

    def forget(self) -> None:
        """Note it."""
        self.forgotten = True


def _end(ended_by: BaseException | None) -> None:
    if ended_by:
        raise ended_by


@pytest.mark.parametrize(
    ("ended_by", "at_once"),
    [(None, True), (KeyboardInterrupt(), False), (SystemExit(143), False), (OpsError("x"), False)],
)
def test_the_stack_is_destroyed_however_the_run_ends(
    ended_by: BaseException | None,
    at_once: bool,  # noqa: FBT001 - a case
) -> None:
    stack = Pretended(["aws_sqs_queue.a"])
    try:
        with _destroying(stack):
            _end(ended_by)
    except BaseException as error:  # noqa: BLE001 - as it was raised
        assert error is ended_by  # noqa: PT017 - of several kinds
    assert (stack.calls, stack.resources, stack.forgotten) == ([at_once], [], True)


def test_ctrl_c_in_terraform_is_said_in_words() -> None:
    stack = Pretended(["aws_sqs_queue.a"])
    with (
        pytest.raises(OpsError, match=r"^interrupted; what was created is destroyed$"),
        _destroying(stack),
    ):
        raise TerraformError("Error: execution halted")
    assert stack.forgotten


def test_a_failed_destroy_says_what_is_left_and_what_to_do() -> None:
    stack = Pretended(["aws_sqs_queue.a", "aws_iam_role.b"], TerraformError("denied"))
    with (
        pytest.raises(OpsError, match=r"denied.*2 resources are left.*prove --clean") as error,
        _destroying(stack),
    ):
        pass
    assert "aws_sqs_queue.a, aws_iam_role.b" in str(error.value)
    assert str(stack.state) in str(error.value)
    assert not stack.forgotten


def test_nothing_is_destroyed_where_nothing_was_deployed() -> None:
    stack = Pretended([])
    with _destroying(stack):
        pass
    assert stack.calls == []


def test_its_names_begin_like_no_other_stacks_names() -> None:
    assert own_prefix("shop") == "prove-shop"
    assert len(own_prefix("a-name-of-24-characters")) <= 24
    assert not own_prefix("shop").startswith("shop")


def test_what_is_left_is_read_from_the_state(house: House) -> None:
    stack = Throwaway(read_settings(), {}, account="210987654321")
    assert stack.folder == house.root / ".cache" / "prove" / "210987654321-us-east-1"
    assert stack.left() == []
    stack.folder.mkdir(parents=True)
    stack.state.write_text(
        '{"resources": [{"mode": "managed", "type": "aws_iam_role", "name": "a",'
        ' "instances": [{}]}, {"mode": "data", "type": "aws_region", "name": "b",'
        ' "instances": [{}]}]}',
        encoding="utf-8",
    )
    assert stack.left() == ["aws_iam_role.a"]
    stack.forget()
    assert not stack.folder.exists()


@pytest.mark.usefixtures("house", "local_aws")
def test_without_a_terminal_it_refuses_and_says_what_to_do(run: Run) -> None:
    done = run("prove")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("read docs/prove.md, then add --auto-approve\n")


def test_it_asks_and_no_changes_nothing(house: House, local_aws: LocalAws) -> None:
    assert local_aws.endpoint
    code, said = on_a_terminal(house, "no\n", "./help.sh", "prove", "--quick")
    assert code == 1
    assert "less than 1 US cent" in said
    assert "Cancelled. Nothing was changed" in said
    assert "synthesize" not in said


@pytest.mark.usefixtures("house")
def test_a_pipeline_that_there_is_not_is_refused(run: Run) -> None:
    done = run("prove", "--auto-approve", "--pipeline=bus")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: there is no pipeline 'bus'; there are whole-pipes")
