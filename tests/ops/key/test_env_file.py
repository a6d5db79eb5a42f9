"""Keys are written to `.env`, which keeps its other lines, and which only its owner may read."""

import os
import stat
from pathlib import Path

import pytest

from ops.key import env_file
from ops.shared.errors import OpsError
from stacks.settings import Settings

TEXT = """# a comment
MOMENTO_API_KEY=old
MOMENTO_API_ENDPOINT=https://api.example.com   # and why

export TAGS='a=b,c=d'
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the place of `.env`."""
    found = tmp_path / ".env"
    monkeypatch.setitem(Settings.model_config, "env_file", str(found))
    return found


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_other_lines_stay(file: Path) -> None:
    file.write_text(TEXT)
    file.chmod(0o644)
    env_file.write({"MOMENTO_API_KEY": "new.key-_=", "MOMENTO_READ_API_KEY": "reads"})
    expected = TEXT.replace("=old", "=new.key-_=") + "MOMENTO_READ_API_KEY=reads\n"
    assert file.read_text() == expected
    assert mode(file) == 0o600
    assert env_file.read("MOMENTO_API_KEY") == "new.key-_="


def test_a_new_file_is_its_owners(file: Path) -> None:
    before = os.umask(0)
    try:
        env_file.write({"MOMENTO_API_KEY": "key"})
    finally:
        os.umask(before)
    assert (file.read_text(), mode(file)) == ("MOMENTO_API_KEY=key\n", 0o600)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"TAGS=a=b", b"TAGS=a=b\nMOMENTO_API_KEY=key\n"),
        (b"\xef\xbb\xbfMOMENTO_API_KEY=old\nT=b\n", b"\xef\xbb\xbfMOMENTO_API_KEY=key\nT=b\n"),
    ],
)
def test_a_last_line_without_an_end_and_a_byte_order_mark_stay(
    file: Path, before: bytes, after: bytes
) -> None:
    file.write_bytes(before)
    env_file.write({"MOMENTO_API_KEY": "key"})
    assert file.read_bytes() == after


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.write_text(TEXT)
    file.symlink_to(shared)
    env_file.write({"MOMENTO_API_KEY": "key"})
    assert file.is_symlink()
    assert (mode(shared), "MOMENTO_API_KEY=key\n" in shared.read_text()) == (0o600, True)


@pytest.mark.usefixtures("file")
def test_any_value_is_read_as_it_was_written() -> None:
    for value in ("a#b", "it's", "a\\b", '"quoted"', "a b"):
        env_file.write({"MOMENTO_API_KEY": value})
        assert env_file.read("MOMENTO_API_KEY") == value


def test_a_folder_that_cannot_be_written_is_an_error(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Settings.model_config, "env_file", str(file.parent / "none" / ".env"))
    with pytest.raises(OpsError, match="cannot be written"):
        env_file.write({"MOMENTO_API_KEY": "key"})


def test_a_variable_that_hides_the_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    env_file.must_decide("MOMENTO_API_KEY")
    monkeypatch.setenv("MOMENTO_API_KEY", "planted")
    with pytest.raises(OpsError, match="unset MOMENTO_API_KEY") as caught:
        env_file.must_decide("MOMENTO_API_KEY")
    assert "planted" not in str(caught.value)
