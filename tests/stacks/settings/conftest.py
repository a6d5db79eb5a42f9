"""The file of settings."""

from pathlib import Path

import pytest


@pytest.fixture
def env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the `.env` of an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".env"
