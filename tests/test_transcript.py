"""What a page shows is compared with what a command prints, line by line."""

from pathlib import Path

import pytest

from tests import transcript
from tests.transcript import is_shown

PAGE = """# A page

```console
$ ./help.sh one --with \\
    two
printed

$ ./help.sh two
```

```json
{}
```
"""


def test_commands_of_several_lines_have_their_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(transcript, "ROOT", tmp_path)
    assert transcript.transcript("page.md") == {
        "./help.sh one --with      two": "printed\n\n",
        "./help.sh two": "",
    }


def test_a_line_that_is_left_out_without_a_gap_is_reported() -> None:
    assert is_shown("a\n...\nd\n", "a\nb\nc\nd\n")
    assert not is_shown("a\nd\n", "a\nb\nc\nd\n")
    assert not is_shown("a\n...\nb\n", "a\nb\n")


def test_only_the_named_text_may_differ() -> None:
    assert is_shown("took 3 s for a\n", "took 14 s for a\n", r"\d+ s")
    assert not is_shown("took 3 s for a\n", "took 14 s for b\n", r"\d+ s")
