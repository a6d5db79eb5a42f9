"""The examples as stacks: what is in them, and that they are short, complete and safe to copy."""

import ast
import io
import json
from pathlib import Path

import pytest
from cdktf import App
from rich.console import Console

from momento_pipes.errors import StackError
from momento_pipes.tables.existing_table import ExistingTableError
from ops.shared.record_file import read_records
from ops.simulate.simulation import simulate
from stacks import catalogue
from stacks.examples.existing import ExistingStack
from stacks.examples.thirty import TABLES
from tests.stacks.examples.example import EXAMPLES, PREFIX, STREAM_ARN, synthesized
from tests.synthesized import REPO, Synthesized, read_settings, synthesize
from tests.test_architecture import imports
from tests.transcript import is_shown, transcript

FOLDER = REPO / "stacks" / "examples"
PUBLIC = (
    *("momento_pipes.errors.StackError", "stacks.settings.Settings", "stacks.stack.MomentoStack"),
    "momento_pipes.tables.existing_table.ExistingTable",
    "constructs.Construct",
)
"""What an example imports besides `momento_pipes.mapping` and the standard library."""


def lines_of_class(source: str) -> int:
    """Return how many lines a file's class has without its docstring and blank lines."""
    (found,) = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    docstring = found.body[0]
    assert ast.get_docstring(found)
    inside = {*range(found.lineno, (found.end_lineno or 0) + 1)}
    inside -= {*range(docstring.lineno, (docstring.end_lineno or 0) + 1)}
    return sum(bool(source.splitlines()[number - 1].strip()) for number in inside)


def named(stack: Synthesized, type_: str) -> set[str]:
    """Return the names of a type's resources, without the prefix."""
    return {block["name"].removeprefix(f"{PREFIX}-") for block in stack.blocks(type_)}


@pytest.mark.parametrize("name", ["orders", "sessions"])
def test_own_table_takes_ten_lines(name: str) -> None:
    assert lines_of_class((FOLDER / f"{name}.py").read_text(encoding="utf-8")) <= 10


def test_ten_lines_are_counted() -> None:
    ten = 'class A:\n    """One.\n\n    Two.\n    """\n\n' + "    a = 1\n\n" * 9 + "\nB = 1\n"
    assert lines_of_class(ten) == 10
    assert lines_of_class(ten.replace("a = 1", "a = 1\n    b = 2", 1)) == 11


@pytest.mark.parametrize("page", ["README.md", "docs/own-tables.md"])
def test_stack_on_a_page_is_an_example(page: str) -> None:
    """The page has the same lines in the same order; it may leave lines out."""
    blocks = (REPO / page).read_text(encoding="utf-8").split("```python\n")[1:]
    stacks = [block.partition("```")[0] for block in blocks if "(MomentoStack)" in block]
    assert stacks
    for stack in stacks:
        assert any(is_part(stack, file.read_text(encoding="utf-8")) for file in FOLDER.glob("*.py"))


def is_part(text: str, whole: str) -> bool:
    """Say whether another text has all lines of a text, except blank lines, in the same order."""
    lines = iter(whole.splitlines())
    return all(line in lines for line in text.splitlines() if line)


def test_other_lines_or_another_order_are_reported() -> None:
    assert is_part("a\n\nc", "a\nb\nc")
    assert not is_part("c\na", "a\nb\nc")
    assert not is_part("a\nd", "a\nb\nc")


@pytest.mark.parametrize(
    ("page", "command", "stack", "topology"),
    [
        ("README.md", "./help.sh simulate tests/cases/records/insert.json", "weather", "pipes"),
        (
            "docs/own-tables.md",
            "STACK=orders ./help.sh simulate tests/cases/records/orders.json",
            "orders",
            "workflow",
        ),
    ],
)
def test_simulate_prints_what_the_page_shows(
    tmp_path: Path, page: str, command: str, stack: str, topology: str
) -> None:
    file, said = tmp_path / "cdk.tf.json", io.StringIO()
    file.write_text(synthesized(stack, topology).text, encoding="utf-8")
    records = read_records(str(REPO / command.rsplit(maxsplit=1)[-1]))
    simulate(records, file, Console(file=said, width=100))
    assert is_shown(transcript(page)[command], said.getvalue())


def test_the_examples_are_in_the_catalogue() -> None:
    files = {file.stem for file in FOLDER.glob("*.py")} - {"__init__"}
    assert files == set(EXAMPLES)
    for name in files:
        place = catalogue.STACKS[name]
        assert place.startswith(f"stacks.examples.{name}:")
        assert catalogue.find(name).__doc__


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_imports_only_public_names(name: str) -> None:
    path = f"stacks/examples/{name}.py"
    found = list(imports(path, (REPO / path).read_text(encoding="utf-8")))
    mapping = [
        one.removeprefix("momento_pipes.mapping.")
        for one in found
        if "momento_pipes.mapping" in one
    ]
    assert mapping
    assert not [one for one in mapping if "." in one], "import from momento_pipes.mapping itself"
    others = {one for one in found if not one.startswith("momento_pipes.mapping.")}
    assert others - {"os"} <= set(PUBLIC)


def test_orders_have_a_partition_and_a_sort_key() -> None:
    table = synthesized("orders").one("aws_dynamodb_table")
    assert (table["name"], table["hash_key"], table["range_key"]) == (
        f"{PREFIX}-orders",
        "Customer",
        "OrderId",
    )
    assert table["stream_view_type"] == "NEW_AND_OLD_IMAGES"


def test_the_orders_stack_has_three_pipes_that_share_all_other_resources() -> None:
    """They are those of the weather stack, but for the secret."""
    shared = synthesize().counts()
    assert shared.pop("aws_secretsmanager_secret")
    assert synthesized("orders").counts() == shared


def test_a_stack_of_ones_own_has_no_secret() -> None:
    stack = synthesized("orders")
    (command,) = stack.key_update["provisioner"]
    assert not command["local-exec"]["environment"]["CONNECTION_SECRET"]


def test_sessions_have_no_topic_and_expire_by_an_attribute_of_their_own() -> None:
    stack = synthesized("sessions")
    assert stack.one("aws_dynamodb_table")["ttl"] == {"enabled": True, "attribute_name": "Expires"}
    assert named(stack, "aws_pipes_pipe") == {
        "session-changes-cache-put-pipe",
        "session-changes-cache-delete-pipe",
    }
    put = stack.one("aws_pipes_pipe", f"{PREFIX}-session-changes-cache-put-pipe")
    query = put["target_parameters"]["http_parameters"]["query_string_parameters"]
    assert query["ttl_seconds"] == "$.dynamodb.NewImage.SecondsToLive.N"


def test_an_existing_table_is_read_and_not_declared() -> None:
    stack = synthesized("existing")
    assert stack.blocks("aws_dynamodb_table") == []
    assert stack.one("aws_pipes_pipe")["source"] == STREAM_ARN
    policy = json.loads(stack.one("aws_iam_role_policy")["policy"])
    read = next(one for one in policy["Statement"] if one["Sid"] == "ReadStream")
    assert read["Resource"] in (STREAM_ARN, [STREAM_ARN])


@pytest.mark.parametrize(
    ("arn", "error", "said"),
    [
        (None, StackError, "EXAMPLE_STREAM_ARN is not set"),
        ("", StackError, "--query Table.LatestStreamArn"),
        ("readings", ExistingTableError, "'readings' is not a stream's ARN"),
    ],
)
def test_an_existing_table_needs_its_streams_arn(
    monkeypatch: pytest.MonkeyPatch, arn: str | None, error: type[StackError], said: str
) -> None:
    monkeypatch.delenv("EXAMPLE_STREAM_ARN", raising=False)
    if arn is not None:
        monkeypatch.setenv("EXAMPLE_STREAM_ARN", arn)
    with pytest.raises(error, match=said):
        ExistingStack(App(), "existing", read_settings(STACK="existing"))


def test_thirty_tables_share_one_endpoint() -> None:
    stack = synthesized("thirty")
    assert len(TABLES) == 30
    assert named(stack, "aws_dynamodb_table") == set(TABLES)
    assert named(stack, "aws_cloudwatch_event_connection") == {"thirty-connection"}
    assert len(stack.blocks("aws_cloudwatch_event_api_destination")) == 3
    assert named(stack, "aws_pipes_pipe") == {
        f"{table}-changes-{operation}-pipe"
        for table in TABLES
        for operation in ("cache-put", "topic-publish", "cache-delete")
    }


def test_no_two_examples_share_a_name_a_secret_or_a_state() -> None:
    """One account can have all of them and the weather stack."""
    stacks = {name: synthesized(name) for name in EXAMPLES} | {"weather": synthesize()}
    taken: dict[tuple[str, str], str] = {}
    for name, stack in stacks.items():
        for type_ in stack.document["resource"]:
            for block in stack.blocks(type_):
                if "name" in block.arguments and type_ != "aws_iam_role_policy":
                    place = (type_, block["name"])
                    assert taken.setdefault(place, name) == name, place
    states = [stack.document["terraform"]["backend"]["s3"]["key"] for stack in stacks.values()]
    assert states == [
        *(f"{PREFIX}/{name}.tfstate" for name in EXAMPLES),
        f"{PREFIX}/terraform.tfstate",
    ]
    assert ("aws_cloudwatch_event_connection", f"{PREFIX}-orders-connection") in taken
