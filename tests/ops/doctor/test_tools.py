"""The tools, the provider and the settings: what is missing, and what to do about it."""

import os
from pathlib import Path

import pytest

from ops.doctor.check import CheckState
from ops.doctor.tools import examine
from ops.terraform import provider
from stacks.settings import Settings
from tests.conftest import ENDPOINT, KEY, House
from tests.ops.conftest import Fake

OLD = {
    "node": ("echo v14.0.0", "14.0.0 is too old; install 18.18 or newer"),
    "node of a minor too few": ("echo v18.17.1", "18.17.1 is too old; install 18.18 or newer"),
    "terraform": ("echo Terraform v1.9.8", "1.9.8 is too old; install 1.11 or newer"),
    "node that is broken": (
        "exit 1",
        "not found; install node 18.18 or newer and put it on the PATH",
    ),
}
SETTINGS = {"MOMENTO_API_ENDPOINT": ENDPOINT, "MOMENTO_API_KEY": KEY}


@pytest.fixture(autouse=True)
def well(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a copy of the project in which every check passes."""
    monkeypatch.setattr("ops.doctor.tools.ROOT", house.root)
    found = provider.resolve(house.root, os.environ)
    monkeypatch.setattr(provider, "_registry_answers", lambda: found.mirror is None)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)


def found(name: str) -> list[tuple[CheckState, str]]:
    """Return the results of the checks with this name."""
    return [(check.state, check.found) for check in examine() if check.name == name]


def test_every_check_that_passes_is_named() -> None:
    checks = list(examine())
    assert {check.name for check in checks} == {
        "python",
        "node",
        "terraform",
        "packages",
        "cdktf",
        "provider",
        "settings",
        "API key",
    }
    assert {check.state for check in checks} == {CheckState.OK}


@pytest.mark.parametrize("tool", OLD)
def test_a_tool_that_is_too_old_is_a_failure_with_the_fix(tool: str, fake: Fake) -> None:
    script, says = OLD[tool]
    name = tool.partition(" ")[0]
    fake(name, script)
    assert found(name) == [(CheckState.FAILURE, says)]


def test_a_missing_tool_is_a_failure_with_the_next_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    says = "not found; install terraform 1.11 or newer and put it on the PATH"
    assert found("terraform") == [(CheckState.FAILURE, says)]


def test_a_version_is_found_among_other_text(fake: Fake) -> None:
    fake("terraform", "printf 'Terraform v1.12.3\\non linux_amd64\\n\\nout of date! 1.99.0'")
    assert found("terraform") == [(CheckState.OK, "1.12.3")]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.10.9", (CheckState.FAILURE, "1.10.9 is too old; install 1.11 or newer")),
        ("1.11.6", (CheckState.OK, "OpenTofu 1.11.6")),
    ],
)
def test_opentofu_is_checked_by_its_own_versions(
    monkeypatch: pytest.MonkeyPatch, fake: Fake, version: str, expected: tuple[CheckState, str]
) -> None:
    """It has the S3 lock file since 1.10, and ephemeral values since 1.11."""
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofu")
    fake("tofu", f"printf 'OpenTofu v{version}\\non linux_amd64\\n'")
    assert found("tofu") == [expected]
    assert found("terraform") == []


def test_a_missing_key_is_a_warning_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Synthesizing needs no key."""
    monkeypatch.delenv("MOMENTO_API_KEY")
    says = "MOMENTO_API_KEY is not set; synth works, plan and deploy need it"
    assert found("API key") == [(CheckState.WARNING, says)]


def test_each_wrong_setting_is_a_failure_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOMENTO_API_ENDPOINT", "http://example.com")
    monkeypatch.setenv("PIPE_RETRY_ATTEMPTS", "0")
    said = found("settings")
    assert [state for state, _ in said] == [CheckState.FAILURE] * 2
    assert said[0][1].startswith("MOMENTO_API_ENDPOINT is 'http://example.com', but")
    assert said[1][1].startswith("PIPE_RETRY_ATTEMPTS is 0, which the Terraform provider drops")


def test_a_region_without_momento_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    state, says = found("settings")[0]
    assert state is CheckState.WARNING
    assert says.startswith("AWS_REGION is sa-east-1, but Momento has no endpoint")


def test_an_env_file_that_others_may_read_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    monkeypatch.setitem(Settings.model_config, "env_file", str(file))
    assert found(str(file)) == []
    file.write_text("AWS_REGION=us-east-1\n", encoding="utf-8")
    file.chmod(0o640)
    ((state, says),) = found(str(file))
    assert state is CheckState.WARNING
    assert says.endswith(f"it has the API key: chmod 600 {file}")
    file.chmod(0o600)
    assert found(str(file)) == [(CheckState.OK, "only its owner may read it")]
