"""The commands that a page shows, and what they print there."""

import re

from tests.conftest import ROOT

BLOCK = re.compile(r"^```(?:console)?\n(\$ .*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (?:(?:.*\\\n)*.*)\n", re.MULTILINE)


def transcript(page: str) -> dict[str, str]:
    """Return each command of a page, such as `./help.sh redrive`, with its output.

    A command of several lines becomes one line.
    """
    found: dict[str, str] = {}
    for block in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        outputs = COMMAND.split(block)[1:]
        commands = [command[2:-1].replace("\\\n", " ") for command in COMMAND.findall(block)]
        found |= dict(zip(commands, outputs, strict=True))
    return found


def is_shown(shown: str, printed: str, *varying: str) -> bool:
    """Say whether a page shows what a command printed.

    On the page, a line `...` stands for one line or more. Text that matches a pattern of `varying`
    may differ. Blanks at the ends of lines and blank lines at the end do not count.
    """
    lines = [
        r"(?:.*\n)+" if line.strip() == "..." else f"{re.escape(line)}\n"
        for line in _lines(shown, varying)
    ]
    return re.fullmatch("".join(lines), "\n".join([*_lines(printed, varying), ""])) is not None


def _lines(text: str, varying: tuple[str, ...]) -> list[str]:
    for pattern in varying:
        text = re.sub(pattern, "?", text)
    return [line.rstrip() for line in text.rstrip().splitlines()]
