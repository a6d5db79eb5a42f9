"""How Terraform is run, with a stand-in for it, and what is made of what it says."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from momento_pipes.momento.update_connection import version_of
from ops.shared.errors import OpsError
from ops.terraform.provider import Provider
from ops.terraform.terraform import (
    KEYS,
    LOCK,
    Terraform,
    TerraformError,
    environment,
    environment_of,
    refuse_to_ask,
    require_key,
    run_app,
    synthesize,
    take_lock,
)
from stacks.settings import Settings
from tests.conftest import ENDPOINT, KEY
from tests.ops.conftest import Fake

NEXT_STEPS = {
    'Error: S3 bucket "b" does not exist.': "run ./help.sh bootstrap",
    "api error NoSuchBucket: The specified bucket does not exist": "run ./help.sh bootstrap",
    "Error: No valid credential sources found": "see 'AWS' in .env.example",
    "api error InvalidClientTokenId: ...": "see 'AWS' in .env.example",
    "api error ExpiredToken: ...": "see 'AWS' in .env.example",
    "Error: Error acquiring the state lock": "somebody else is deploying; wait for them",
    "Error: Failed to query available provider packages": "run ./help.sh setup",
    "Error: Failed to install provider": "run ./help.sh setup",
    "lifecycle.prevent_destroy set, but": "protected from destroy on purpose",
    "│ Error: Error acquiring the\n│ state lock": "somebody else is deploying; wait for them",
    "│ Error: Error acquiring the state lock\n│ error PreconditionFailed\n│ NoSuchKey:": (
        "somebody else's deploy ended at that moment: run the command again"
    ),
}
Runner = Callable[..., Terraform]


@pytest.fixture(autouse=True)
def in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the CDKTF app as users do, and not as the fixture `house` does."""
    monkeypatch.setattr("ops.terraform.terraform.run_app", run_app)


@pytest.fixture
def terraform(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Return a function that makes Terraform say something and end with a code."""

    def run(*, out: str = "", err: str = "", code: int = 0) -> Terraform:
        for name, text in (("out", out), ("err", err)):
            (tmp_path / name).write_text(text, encoding="utf-8")
        script = (
            f'cat "{tmp_path}/out"; cat "{tmp_path}/err" >&2; echo "$@" >arguments; exit {code}'
        )
        path = fake("terraform", script)
        return Terraform(tmp_path, {"PATH": f"{path.parent}:/bin:/usr/bin"})

    monkeypatch.chdir(tmp_path)
    return run


def test_terraform_is_found_on_the_path_of_its_environment(tmp_path: Path) -> None:
    with pytest.raises(
        OpsError, match=r"^terraform is not installed: get Terraform 1\.11 or newer from"
    ):
        Terraform(tmp_path, {"PATH": str(tmp_path)})


def test_binary_that_the_variable_names_is_run(fake: Fake, tmp_path: Path) -> None:
    env = {"TERRAFORM_BINARY_NAME": "tofu", "PATH": "/nowhere"}
    with pytest.raises(OpsError, match=r"^tofu is not installed: get OpenTofu 1\.11 or newer from"):
        Terraform(tmp_path, env)
    folder = fake("tofu", 'echo "by tofu: $1"; [ "$1" = plan ]').parent
    tofu = Terraform(tmp_path, env | {"PATH": f"{folder}:/bin:/usr/bin"})
    assert tofu.quiet("plan") == "by tofu: plan\n"
    with pytest.raises(TerraformError, match=r"^tofu apply failed, see above$"):
        tofu.show("apply")


def test_quiet_returns_what_was_printed(terraform: Runner, tmp_path: Path) -> None:
    assert terraform(out="planned\n").quiet("plan", "-input=false") == "planned\n"
    assert (tmp_path / "arguments").read_text() == "plan -no-color -input=false\n"


def test_json_is_parsed(terraform: Runner) -> None:
    assert terraform(out='{"valid": true}').json("validate") == {"valid": True}


@pytest.mark.parametrize("said", NEXT_STEPS)
def test_a_known_error_is_followed_by_the_next_step(terraform: Runner, said: str) -> None:
    with pytest.raises(TerraformError) as error:
        terraform(err=said, code=1).quiet("init")
    first, _, last = str(error.value).rpartition("\n")
    assert first == said.strip()
    assert NEXT_STEPS[said] in last


def test_another_error_is_passed_on_as_it_is(terraform: Runner) -> None:
    with pytest.raises(TerraformError) as error:
        terraform(err="Error: Unsupported argument\n", code=1).quiet("init")
    assert str(error.value) == "Error: Unsupported argument"


def test_show_passes_both_streams_on(terraform: Runner, capfd: pytest.CaptureFixture[str]) -> None:
    terraform(out="the plan\n", err="a warning\n").show("plan")
    assert capfd.readouterr() == ("the plan\n", "a warning\n")


@pytest.mark.parametrize(
    ("err", "message"),
    [
        ("Error: Error acquiring the state lock", "somebody else is deploying"),
        ("Error: Unsupported argument", "terraform apply failed, see above"),
    ],
)
def test_an_error_that_terraform_printed_is_printed_once(
    terraform: Runner, capfd: pytest.CaptureFixture[str], err: str, message: str
) -> None:
    with pytest.raises(TerraformError, match=f"^{message}"):
        terraform(err=err, code=1).show("apply")
    assert capfd.readouterr().err == err


@pytest.mark.parametrize(
    ("code", "quiet", "said"),
    [(0, False, True), (0, True, False), (1, False, True), (1, True, True)],
    ids=["aloud", "quiet", "failing aloud", "failing quietly"],
)
def test_a_quiet_synth_prints_its_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    code: int,
    *,
    quiet: bool,
    said: bool,
) -> None:
    main = f"import sys; print('warning: three readers', file=sys.stderr); sys.exit({code})"
    (tmp_path / "main.py").write_text(main, encoding="utf-8")
    monkeypatch.setattr("ops.terraform.terraform.ROOT", tmp_path)
    with pytest.raises(OpsError) if code else nullcontext():
        assert synthesize("own", {}, quiet=quiet) == tmp_path / "cdktf.out" / "stacks" / "own"
    assert capfd.readouterr().err == ("warning: three readers\n" if said else "")


def test_ctrl_c_does_not_reach_synth_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends the command, which ends synth. Otherwise all of them print tracebacks."""
    (tmp_path / "main.py").write_text("import os; print(os.getpgrp(), file=open('group', 'w'))")
    monkeypatch.setattr("ops.terraform.terraform.ROOT", tmp_path)
    synthesize("own", {})
    assert int((tmp_path / "group").read_text()) != os.getpgrp()


def test_events_are_yielded_as_they_come(terraform: Runner) -> None:
    events = [{"type": "version"}, {"type": "change_summary", "@level": "info"}]
    lines = "".join(f"{json.dumps(event)}\n" for event in events)
    assert list(terraform(out=lines).events("apply")) == events


def test_what_is_wrong_is_in_the_error_of_the_events(terraform: Runner) -> None:
    """Some lines are not events, for example those of a crash of Terraform."""
    event = {
        "type": "diagnostic",
        "@level": "error",
        "@message": "Error: Error acquiring the state lock",
        "diagnostic": {"detail": "Lock Info: ID: 1"},
    }
    run = terraform(out=f"{json.dumps(event)}\npanic: oh\n", code=1)
    with pytest.raises(TerraformError) as error:
        list(run.events("apply"))
    assert str(error.value).splitlines() == [
        "Error: Error acquiring the state lock",
        "Lock Info: ID: 1",
        "panic: oh",
        "somebody else is deploying; wait for them (if nobody is: terraform force-unlock ID)",
    ]


@pytest.fixture
def from_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the provider come from the registry, which nobody asks."""
    monkeypatch.setattr("ops.terraform.terraform.provider.resolve", lambda *_: Provider())


@pytest.mark.usefixtures("from_the_registry")
def test_the_key_and_its_version_become_variables_of_terraform() -> None:
    settings = Settings(MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_API_KEY=KEY)
    env = environment(settings, {"PATH": "bin"})
    assert env["TF_VAR_momento_api_key"] == KEY
    assert env["TF_VAR_momento_api_key_version"] == version_of(KEY)
    assert env["CONNECTION_PYTHON"] == sys.executable
    given = environment(settings, {"TF_VAR_momento_api_key": "the-user-s-own"})
    assert given["TF_VAR_momento_api_key"] == "the-user-s-own"
    assert given["TF_VAR_momento_api_key_version"] == version_of("the-user-s-own")


def test_only_an_apply_gets_the_key() -> None:
    """Terraform wants a value for its variable in each command that plans."""
    keys = dict.fromkeys(KEYS, KEY)
    for command in ("init", "plan", "show", "destroy", "state", "validate"):
        assert environment_of(command, keys) == {"TF_VAR_momento_api_key": "not-needed"}
    for command in ("apply", "deploy"):
        assert environment_of(command, keys) == {"TF_VAR_momento_api_key": KEY}


@pytest.mark.usefixtures("from_the_registry")
def test_synth_gets_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    def run(*_: object, env: dict[str, str], **__: object) -> subprocess.CompletedProcess[str]:
        seen.update(env)
        return subprocess.CompletedProcess([], 0)

    monkeypatch.setattr("ops.terraform.terraform.subprocess.run", run)
    settings = Settings(MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_API_KEY=KEY)
    synthesize("weather", environment(settings, dict(os.environ) | dict.fromkeys(KEYS, KEY)))
    assert "PATH" in seen
    assert KEY not in seen.values()


@pytest.mark.usefixtures("from_the_registry")
def test_without_a_key_there_is_no_variable_and_a_plan_needs_only_its_version() -> None:
    settings = Settings(MOMENTO_API_ENDPOINT=ENDPOINT)
    env = environment(settings, {"PATH": "bin"})
    assert env["CHECKPOINT_DISABLE"] == "1", "the tools ask the network for no news"
    assert "TF_VAR_momento_api_key" not in env
    with pytest.raises(OpsError, match=r"^MOMENTO_API_KEY is not set: put it in \.env"):
        require_key(env)
    env = environment(settings, {"TF_VAR_momento_api_key_version": "1234567"})
    require_key(env)
    with pytest.raises(OpsError, match=r"^MOMENTO_API_KEY is not set"):
        require_key(env, to_apply=True)


@pytest.mark.usefixtures("from_the_registry")
@pytest.mark.parametrize(
    "base", [{}, {"AWS_REGION": "us-west-2"}, {"AWS_DEFAULT_REGION": "eu-west-3"}]
)
def test_the_region_has_both_of_its_names(
    monkeypatch: pytest.MonkeyPatch, base: dict[str, str]
) -> None:
    """Boto3 and the AWS CLI ignore AWS_REGION (boto3, "Configuration": environment variables)."""
    monkeypatch.setenv("MOMENTO_API_ENDPOINT", ENDPOINT)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    env = environment(Settings.load(), base)
    assert (env["AWS_REGION"], env["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")


def test_a_question_needs_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    refuse_to_ask(auto_approve=True)
    with pytest.raises(OpsError, match=r"^there is no terminal to approve the plan on; look at"):
        refuse_to_ask(auto_approve=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    refuse_to_ask(auto_approve=False)


def test_a_committed_lock_is_used_for_the_version_that_it_locks(tmp_path: Path) -> None:
    """For another version Terraform would refuse it, so it makes its own."""
    committed = tmp_path / "committed"
    take_lock(committed, tmp_path)
    committed.write_text('provider "aws" {\n  version     = "6.25.0"\n}\n', encoding="utf-8")
    for version, is_used in (("6.25.1", False), ("6.25.0", True)):
        aws = {"source": "aws", "version": version}
        stack = {"terraform": {"required_providers": {"aws": aws}}}
        (tmp_path / "cdk.tf.json").write_text(json.dumps(stack), encoding="utf-8")
        take_lock(committed, tmp_path)
        assert (tmp_path / LOCK).exists() is is_used


def test_the_lock_is_asked_for_without_a_key(terraform: Runner) -> None:
    terraform().lock("-platform=linux_arm64")
    said = Path("arguments").read_text(encoding="utf-8")
    assert said == "providers lock -platform=linux_arm64\n"
    with pytest.raises(TerraformError, match=r"run \./help\.sh setup"):
        terraform(err="Error: Failed to query available provider packages", code=1).lock()
