"""A folder remembers the state that it was last used with."""

import json
from pathlib import Path

import pytest

from ops.terraform import stack
from ops.terraform.backend import another_state
from tests.conftest import ENDPOINT, KEY
from tests.ops.conftest import Fake

NOW = {"bucket": "b", "key": "k", "region": "us-east-1", "use_lockfile": True}


def used(folder: Path, *, now: object, was: object | None) -> Path:
    """Write what synth and `terraform init` write."""
    document = {"terraform": {"backend": {"s3": now}}}
    (folder / "cdk.tf.json").write_text(json.dumps(document))
    if was is not None:
        (folder / ".terraform").mkdir()
        record = {"version": 3, "backend": {"type": "s3", "config": was}}
        (folder / ".terraform" / "terraform.tfstate").write_text(json.dumps(record))
    return folder


@pytest.mark.parametrize(
    "other", [{"bucket": "c"}, {"key": "other/terraform.tfstate"}, {"region": "eu-west-1"}]
)
def test_another_state_is_reported(tmp_path: Path, other: dict[str, str]) -> None:
    """With both, and with the settings that decide on it."""
    said = another_state(used(tmp_path, now=NOW | other, was=NOW))
    assert said is not None
    assert "was s3://b/k in us-east-1 when this folder was last used" in said
    assert "NAME_PREFIX, AWS_REGION, STATE_BUCKET and STATE_KEY" in said


@pytest.mark.parametrize("was", [None, NOW, NOW | {"use_lockfile": False}, "none", {}])
def test_the_same_state_is_not_reported(tmp_path: Path, was: object | None) -> None:
    """A folder that was never used is not reported either."""
    assert another_state(used(tmp_path, now=NOW, was=was)) is None


def test_a_command_uses_the_state_that_the_settings_name(
    tmp_path: Path,
    fake: Fake,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`terraform init` alone ends with "Backend configuration changed", and nobody can answer."""
    monkeypatch.setenv("MOMENTO_API_ENDPOINT", ENDPOINT)
    monkeypatch.setenv("MOMENTO_API_KEY", KEY)
    fake("terraform", f'echo "$@" >"{tmp_path}/arguments"')
    used(tmp_path, now=NOW | {"key": "other"}, was=NOW)
    monkeypatch.setattr(stack, "synthesize", lambda *_: tmp_path)
    stack.initialized()
    assert (tmp_path / "arguments").read_text().split() == [
        *("init", "-no-color", "-input=false", "-reconfigure"),
    ]
    assert capsys.readouterr().err.startswith("warning: the Terraform state is s3://b/other in")
