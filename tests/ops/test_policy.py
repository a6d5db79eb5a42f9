"""checkov's verdict on what is synthesized, as `./help.sh policy` asks for it."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import typer

from ops import policy
from ops.policy import CheckovResult
from tests.synthesis import synthesized

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> CheckovResult:
    """Return checkov's result for the production profile and, beside it, tables without a key.

    Checkov takes ten seconds to start, so it is asked once. The stacks are synthesized here.
    """

    def run(
        command: list[str], env: dict[str, str], **_: object
    ) -> subprocess.CompletedProcess[str]:
        done = synthesized(command[-1], env, env["CDKTF_OUTDIR"])
        assert done.returncode == 0, done.stderr
        return done

    folder = tmp_path_factory.mktemp("production")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", run)
        policy.synthesize("production", folder)
    for topology in ("pipes", "bus", "workflow"):
        whole = folder / topology / "stacks" / "weather" / "cdk.tf.json"
        stack = json.loads(whole.read_text())
        (table,) = stack["resource"]["aws_dynamodb_table"].values()
        del table["server_side_encryption"]
        (folder / "without" / topology).mkdir(parents=True)
        (folder / "without" / topology / "cdk.tf.json").write_text(json.dumps(stack))
    return policy.ask(folder)


def test_only_the_planted_fault_fails_and_once_for_all_topologies(both: CheckovResult) -> None:
    """The checks of each stack and of each topology are made."""
    assert [line.split()[0] for line in both.failed] == ["CKV_AWS_119"]
    assert both.passed > 250


def test_every_check_that_is_left_out_has_its_reason_above_it() -> None:
    lines = policy.CONFIG.read_text(encoding="utf-8").partition("skip-check:\n")[2].splitlines()
    kinds = ["reason" if line.startswith("  # ") else "check" for line in lines]
    assert kinds[0] == "reason"
    assert kinds[-1] == "check"
    assert "check check" not in " ".join(kinds)
    assert all(re.fullmatch(r"  (# .+|- CKV2?_AWS_\d+)", line) for line in lines)


def test_the_command_prints_both_profiles_and_fails_with_production_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts = {
        "demo": CheckovResult(passed=3, failed=["CKV_1 a: b"]),
        "production": CheckovResult(passed=4, failed=[]),
    }
    monkeypatch.setattr(policy, "synthesize", lambda profile, folder: (folder / profile).touch())
    monkeypatch.setattr(policy, "ask", lambda folder: verdicts[next(folder.iterdir()).name])
    with pytest.raises(typer.Exit) as ended:
        policy.command()
    assert ended.value.exit_code == 0
    assert capsys.readouterr().out.splitlines() == [
        "demo        3 passed, 1 failed",
        "            CKV_1 a: b",
        "production  4 passed, 0 failed",
    ]
    verdicts["production"] = CheckovResult(passed=4, failed=["CKV_2 c: d"])
    with pytest.raises(typer.Exit) as ended:
        policy.command()
    assert ended.value.exit_code == 1


@pytest.mark.parametrize(
    ("topology", "possible", "fails"),
    [("", "workflow", False), ("bus", "workflow", True), ("", "pipes", True)],
)
def test_the_chosen_stack_is_examined_in_every_topology_that_it_can_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, topology: str, possible: str, *, fails: bool
) -> None:
    """A stack of one's own has the topology workflow unless TOPOLOGY says otherwise."""
    tried = []

    def run(
        command: list[str], env: dict[str, str], **_: object
    ) -> subprocess.CompletedProcess[str]:
        tried.append((command[-1], env["TOPOLOGY"]))
        wrong = command[-1] == "own" and env["TOPOLOGY"] != possible
        return subprocess.CompletedProcess(command, int(wrong))

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setenv("STACK", "own")
    monkeypatch.setenv("TOPOLOGY", topology)
    if fails:
        with pytest.raises(subprocess.CalledProcessError):
            policy.synthesize("production", tmp_path)
        return
    policy.synthesize("production", tmp_path)
    assert {each for each in tried if each[0] == "own"} == {
        ("own", one) for one in ("pipes", "bus", "workflow")
    }
