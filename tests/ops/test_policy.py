"""checkov's verdict on what is synthesized, as `./help.sh policy` asks for it."""

import json
import re
from pathlib import Path

import pytest


from ops import policy
from ops.policy import CheckovResult

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the production profile, which checkov has judged."""
    folder = tmp_path_factory.mktemp("production")
    verdict = policy.judge("production", folder)
    (folder / "verdict.json").write_text(json.dumps([verdict.passed, verdict.failed]))
    return folder


def test_every_check_passes_in_production(production: Path) -> None:
    """Not for want of checks: those of each stack were made, and of each topology."""
    passed, failed = json.loads((production / "verdict.json").read_text())
    assert failed == []
    assert passed > 160


def test_a_table_without_its_key_fails_once_for_all_topologies(
    production: Path, tmp_path: Path
) -> None:
    for topology in ("pipes", "bus", "workflow"):
        whole = production / topology / "stacks" / "weather" / "cdk.tf.json"
        stack = json.loads(whole.read_text())
        (table,) = stack["resource"]["aws_dynamodb_table"].values()
        del table["server_side_encryption"]
        (tmp_path / topology).mkdir()
        (tmp_path / topology / "cdk.tf.json").write_text(json.dumps(stack))
    verdict = policy.ask(tmp_path)
    assert [line.split()[0] for line in verdict.failed] == ["CKV_AWS_119"]


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
    monkeypatch.setattr(policy, "judge", lambda profile, _: verdicts[profile])
    assert policy.examine() == 0
    assert capsys.readouterr().out.splitlines() == [
        "demo        3 passed, 1 failed",
        "            CKV_1 a: b",
        "production  4 passed, 0 failed",
    ]
    verdicts["production"] = CheckovResult(passed=4, failed=["CKV_2 c: d"])
    assert policy.examine() == 1
