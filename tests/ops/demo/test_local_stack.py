"""What is said before a stack is deployed to the local cloud."""

from pathlib import Path

import pytest

from ops.demo.local_stack import unused_profile
from stacks.settings import Settings
from tests.conftest import ENDPOINT


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("PROFILE=production\n", "PROFILE=production of .env is not used here"),
        ("PROFILE=demo\n", None),
        ("STACK=orders\n", None),
        (None, None),
    ],
)
def test_a_profile_that_is_not_used_is_named(
    written: str | None, said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`help.sh` sets the profile demo for `up` and `demo`, which wins over `.env`."""
    file = tmp_path / ".env"
    if written is not None:
        file.write_text(written)
    monkeypatch.setenv("PROFILE", "demo")
    monkeypatch.setenv("MOMENTO_API_ENDPOINT", ENDPOINT)
    monkeypatch.setitem(Settings.model_config, "env_file", file)
    found = unused_profile(Settings.load())
    assert found is None if said is None else (found or "").startswith(said)
