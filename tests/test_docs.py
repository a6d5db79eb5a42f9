"""The pages' links lead somewhere, and the commands that they show exist."""

import re
import shlex
import unicodedata
from pathlib import Path
from typing import Any

import typer

import ops.__main__
from tests.each import each
from tests.ops.test_cli import COMMANDS, INTERNAL
from tests.test_architecture import is_hidden
from tests.transcript import transcript

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
SIMULATE = "tests/stacks/examples/test_stacks.py"
REPLAY = "tests/ops/shared/repair/test_page.py"
WEATHER = "tests/weather/test_page.py"
OUTPUTS = {
    ("README.md", "up"): "needs Terraform",
    ("README.md", "demo"): "needs Terraform",
    ("README.md", "simulate"): SIMULATE,
    ("docs/bulk.md", "warm"): "needs a large table",
    ("docs/capacity.md", "capacity"): "tests/ops/capacity/test_command.py",
    ("docs/own-tables.md", "deploy"): "needs Terraform",
    ("docs/own-tables.md", "plan"): "needs Terraform",
    ("docs/own-tables.md", "simulate"): SIMULATE,
    ("docs/own-tables.md", "validate"): "needs Terraform",
    ("docs/quotas.md", "synth"): "tests/conftest.py has the warnings",
    ("docs/replay.md", "redrive"): REPLAY,
    ("docs/replay.md", "verify"): REPLAY,
    ("docs/replay.md", "warm"): REPLAY,
    ("docs/review.md", "plan"): "only the line that leaves everything out",
    ("docs/review.md", "review"): "tests/ops/review/test_page.py",
    ("docs/weather.md", "weather"): WEATHER,
    ("docs/your-repository.md", "build"): "tests/ops/test_build.py compares the sizes",
}
"""For each output on a page, the test that compares it with what is printed, or why none does."""


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


def shown() -> list[tuple[str, list[str], str]]:
    """Return each command of `help.sh` on a page: the page, the command's words, its output."""
    return [
        (str(page.relative_to(ROOT)), shlex.split(command.split("./help.sh ")[1]), output)
        for page in PAGES
        for command, output in transcript(str(page.relative_to(ROOT))).items()
        if "./help.sh " in command
    ]


def test_every_output_is_compared_with_what_is_printed() -> None:
    found = {(page, words[0]) for page, words, output in shown() if output.strip()}
    assert found == set(OUTPUTS)
    for (page, _), test in OUTPUTS.items():
        if test.startswith("tests/") and test.endswith(".py"):
            text = (ROOT / test).read_text(encoding="utf-8")
            assert "is_shown(" in text
            assert f'"{page}"' in text


@each(("page", "words", "output"), shown())
def test_every_option_on_a_page_exists(page: str, words: list[str], output: str) -> None:  # noqa: ARG001 - a column
    if words[0] not in ops.__main__.COMMANDS:
        return
    command: Any = typer.main.get_command(ops.__main__.commands(words))
    while (inner := words[0] if words else "") in getattr(command, "commands", {}):
        command, words = command.commands[inner], words[1:]
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    options = {one.partition("=")[0] for one in words if one.startswith("--") and one != "--"}
    assert options - known == set(), page
