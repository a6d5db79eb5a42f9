"""The pages' links lead somewhere, and the commands that they show exist."""

import re
import unicodedata
from pathlib import Path


from tests.ops.test_cli import COMMANDS, INTERNAL
from tests.each import each
from tests.test_architecture import is_hidden

ROOT = Path(__file__).resolve().parents[1]
ROOMS = [ROOT / room for room in ("docs", "examples", "packages")]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(
        page
        for room in ROOMS
        for page in room.rglob("*.md")
        if not is_hidden(page.relative_to(ROOT))
    ),
]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"\./help\.sh ([a-z]+)")

PLACE = re.compile(
    r"`((?:\.github|console|docs|eventpipes|examples|live|localcloud|momento_pipes|ops|packages"
    r"|stacks|tests|weather)/[\w./-]*)`"
)
"""A file or a folder of the repository, but for those with a placeholder, such as `ops/NAME.py`."""
HISTORY = ("CHANGELOG.md", "docs/decisions/")


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {anchor(heading) for heading in headings}


def anchor(heading: str) -> str:
    """Return the anchor of a heading.

    >>> anchor("AWS's limits, and `Momento`'s")
    'awss-limits-and-momentos'
    """
    kept = [
        char
        for char in heading.lower()
        if char in " -_" or unicodedata.category(char)[0] in ("L", "N")
    ]
    return "".join(kept).replace(" ", "-")


@each(page=PAGES)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("https:", "http:")):
            continue
        path, _, heading = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists() or (heading and heading not in anchors(file)):
            broken.append(target)
    assert broken == []


@each(page=[page for page in PAGES if not str(page.relative_to(ROOT)).startswith(HISTORY)])
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = {one for one in PLACE.findall(page.read_text(encoding="utf-8")) if "NAME" not in one}
    assert {one for one in named if not (ROOT / one).exists()} == set()


@each(page=PAGES)
def test_every_command_of_help_sh_exists(page: Path) -> None:
    shown = set(COMMAND.findall(page.read_text(encoding="utf-8")))
    assert shown - set(COMMANDS) == set()


def test_every_command_is_in_the_docs() -> None:
    shown = {name for page in PAGES for name in COMMAND.findall(page.read_text(encoding="utf-8"))}
    assert set(COMMANDS) - INTERNAL - shown == set()
