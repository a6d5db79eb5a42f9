"""Names that are no setting, in the file of the settings and in the environment.

The file belongs to this project: a name that is neither a setting nor a variable of a tool is
refused. The environment belongs to whoever works there, and holds much of others: a name is
refused only if it is a setting's but for a slip of the hand.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from stacks.settings.tool_variables import CREDENTIALS, is_of_a_tool

LIKE = 0.6
"""From here on, a name's nearest one is told."""
ALMOST_THE_SAME = 0.9
SHORT, LONG = 4, 6
"""Letters of a name in which one that is left out is seen, and one that is wrong."""
LONGEST = 40
"""Letters of a name; a key of Momento's has more."""
FIRST_WORD = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w-]*)")


def in_file(path: Path, settings: frozenset[str]) -> Iterator[str]:
    """Yield a line for each name in an env file that is neither a setting nor of a tool.

    And for each line that gives no value, as `NAME: value` gives none.

    Raises:
        UnicodeDecodeError: the file is not UTF-8 text.

    """
    for binding in _bindings(path) if path.is_file() else ():
        name, line = _name(binding), binding.original.line
        if name is None or not _may_be_repeated(name):
            yield (
                f"line {line} of {path.name} is no NAME=value: write it so, put it in one line,"
                " or take it out"
            )
        elif name.upper() not in settings and not is_of_a_tool(name):
            yield _said(name, path.name, settings | CREDENTIALS)
        elif binding.value is None:
            yield f"{name} in {path.name} has no value: write {name}=value, in one line"


def _may_be_repeated(name: str) -> bool:
    """Say whether this is a name; it could be a key that stands alone in its line."""
    return len(name) <= LONGEST and re.fullmatch(r"[\w.-]+", name) is not None


def _bindings(path: Path) -> Iterator[Binding]:
    with path.open(encoding="utf-8-sig") as file:
        yield from (one for one in parse_stream(file) if one.error or one.key is not None)


def _name(binding: Binding) -> str | None:
    if binding.key is not None:
        return binding.key
    found = FIRST_WORD.match(binding.original.string)
    return found[1] if found else None


def in_environment(names: Iterable[str], settings: frozenset[str]) -> Iterator[str]:
    """Yield a line for each variable of the environment that is a setting but for a slip.

    A slip is a letter that is left out, written twice, wrong or in another's place; the first
    words of a setting alone; or less than a tenth of a name of several words.
    """
    for name in names:
        if name.upper() in settings or is_of_a_tool(name):
            continue
        if any(_slipped(name.upper(), setting) for setting in settings):
            yield _said(name, "the environment", settings)


def _slipped(name: str, setting: str) -> bool:
    if _is_a_letter_off(name, setting) or _is_cut_off(name, setting):
        return True
    return "_" in name and SequenceMatcher(None, setting, name).ratio() >= ALMOST_THE_SAME


def _is_a_letter_off(name: str, setting: str) -> bool:
    """Say whether a letter of a setting is left out, doubled, swapped with the next, or wrong.

    A wrong letter in a short name makes another word too easily: SLACK is not STACK. So does one
    more at the end: PROFILES is not PROFILE.
    """
    size = len(setting)
    if len(name) < SHORT or abs(len(name) - size) > 1:
        return False
    one_less = {setting[:at] + setting[at + 1 :] for at in range(size)}
    doubled = {setting[:at] + letter + setting[at:] for at, letter in enumerate(setting)}
    swapped = {
        setting[:at] + setting[at + 1] + setting[at] + setting[at + 2 :] for at in range(size - 1)
    }
    wrong = sum(one != other for one, other in zip(name, setting, strict=False))
    return name in one_less | doubled | swapped or (
        len(name) == size >= LONG and wrong == 1 and name[-1] == setting[-1]
    )


def _is_cut_off(name: str, setting: str) -> bool:
    """Say whether a name is the first words of a setting, two at least."""
    return "_" in name.strip("_") and setting.startswith(f"{name.rstrip('_')}_")


def _said(name: str, where: str, known: Iterable[str]) -> str:
    nearest, likeness = max(((one, _likeness(name, one)) for one in sorted(known)), key=_by_both)
    is_near = max(likeness) >= LIKE or _is_cut_off(name.upper(), nearest)
    meant = f"; did you mean {nearest}?" if is_near else "."
    return (
        f"{name} in {where} is no setting{meant} Rename it or take it out"
        " (.env.example lists the settings)"
    )


def _likeness(name: str, setting: str) -> tuple[float, float]:
    """Return how much of two names is alike: of their letters, and of their words."""
    mine, its = (set(re.split("[_-]", one)) for one in (name.upper(), setting))
    letters = SequenceMatcher(None, setting, name.upper()).ratio()
    if name.upper().endswith(f"_{setting}") or setting.endswith(f"_{name.upper()}"):
        letters = 1.0  # the words are all there
    return letters, len(mine & its) / len(mine | its)


def _by_both(found: tuple[str, tuple[float, float]]) -> float:
    return sum(found[1])
