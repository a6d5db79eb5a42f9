"""Misspelt names of settings, in `.env` and in the environment.

`.env` belongs to this project, so a name in it must be a setting or a variable of a tool. The
environment also has variables of other programs, so a name in it is refused only if it looks like
a misspelt setting.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from dotenv.parser import Binding

from stacks.settings import env_file
from stacks.settings.tool_variables import CREDENTIALS, is_of_a_tool

LIKE = 0.6
"""From this similarity, the message suggests the setting."""
ALMOST_THE_SAME = 0.9
SHORT, LONG = 4, 6
"""The shortest names that are checked for a missing letter, and for a wrong letter."""
LONGEST = 40
"""The longest name. An API key of Momento is longer."""
KEPT_NOWHERE = "MOMENTO_ADMIN_API_KEY"
"""The API key that manages keys. `./help.sh key` reads it from the environment, or asks."""
FIRST_WORD = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w-]*)")


def in_file(path: Path, settings: frozenset[str]) -> Iterator[str]:
    """Yield a sentence for each name in an env file that is neither a setting nor of a tool.

    Also yield a sentence for each line without a value, such as `NAME: value`.

    Raises:
        UnicodeDecodeError: the file is not UTF-8 text.

    """
    for binding in env_file.bindings(path) if path.is_file() else ():
        name, line = _name(binding), binding.original.line
        if name is None or not _may_be_repeated(name):
            yield (
                f"line {line} of {path.name} is not NAME=value: correct it, write it in one line,"
                " or remove it"
            )
        elif name.upper() == KEPT_NOWHERE:
            yield (
                f"{name} in {path.name} may manage all API keys and must not be stored: remove it;"
                " when ./help.sh key needs it, set it in the environment or wait for the question"
            )
        elif name.upper() not in settings and not is_of_a_tool(name):
            yield _message(name, path.name, settings | CREDENTIALS)
        elif binding.value is None:
            yield f"{name} in {path.name} has no value: write {name}=value in one line"


def _may_be_repeated(name: str) -> bool:
    """Return whether a message may show this name. It could be an API key alone in its line."""
    return len(name) <= LONGEST and re.fullmatch(r"[\w.-]+", name) is not None


def _name(binding: Binding) -> str | None:
    if binding.key is not None:
        return binding.key
    match = FIRST_WORD.match(binding.original.string)
    return match[1] if match else None


def in_environment(names: Iterable[str], settings: frozenset[str]) -> Iterator[str]:
    """Yield a sentence for each variable of the environment that is a misspelt setting.

    A letter may be missing, doubled, wrong or swapped with the next letter. The name may be only
    the first words of a setting. In a name of several words, less than a tenth may differ.
    """
    for name in names:
        if name.upper() in settings or name.upper() == KEPT_NOWHERE or is_of_a_tool(name):
            continue
        if any(_is_misspelt(name.upper(), setting) for setting in settings):
            yield _message(name, "the environment", settings)


@cache  # a process may load its settings again and again
def _is_misspelt(name: str, setting: str) -> bool:
    if _is_a_letter_off(name, setting) or _is_cut_off(name, setting):
        return True
    return "_" in name and _is_almost(name, setting)


def _is_almost(name: str, setting: str) -> bool:
    """Return whether two names are almost the same. The quick checks are first."""
    shorter, longer = sorted((len(name), len(setting)))
    if 2 * shorter < ALMOST_THE_SAME * (shorter + longer):
        return False
    matcher = SequenceMatcher(None, setting, name)
    return matcher.quick_ratio() >= ALMOST_THE_SAME and matcher.ratio() >= ALMOST_THE_SAME


def _is_a_letter_off(name: str, setting: str) -> bool:
    """Return whether a letter of a setting is missing, doubled, swapped with the next, or wrong.

    A short name with a wrong letter is often another word: SLACK is not STACK. A name with one more
    letter at the end is also another word: PROFILES is not PROFILE.
    """
    size = len(setting)
    if len(name) < SHORT or abs(len(name) - size) > 1:
        return False
    one_less = {setting[:at] + setting[at + 1 :] for at in range(size)}
    doubled = {setting[:at] + letter + setting[at:] for at, letter in enumerate(setting)}
    swapped = {
        setting[:at] + setting[at + 1] + setting[at] + setting[at + 2 :] for at in range(size - 1)
    }
    wrong = sum(given != right for given, right in zip(name, setting, strict=False))
    return name in one_less | doubled | swapped or (
        len(name) == size >= LONG and wrong == 1 and name[-1] == setting[-1]
    )


def _is_cut_off(name: str, setting: str) -> bool:
    """Return whether a name is the first words of a setting, at least two words."""
    return "_" in name.strip("_") and setting.startswith(f"{name.rstrip('_')}_")


def _message(name: str, place: str, known: Iterable[str]) -> str:
    ranked = ((setting, _likeness(name, setting)) for setting in sorted(known))
    nearest, likeness = max(ranked, key=_by_both)
    is_near = max(likeness) >= LIKE or _is_cut_off(name.upper(), nearest)
    meant = f"; did you mean {nearest}?" if is_near else "."
    return (
        f"{name} in {place} is not a setting{meant} Rename it or remove it"
        " (.env.example lists the settings)"
    )


def _likeness(name: str, setting: str) -> tuple[float, float]:
    """Return how similar two names are: by their letters, and by their words."""
    mine, its = (set(re.split("[_-]", text)) for text in (name.upper(), setting))
    letters = SequenceMatcher(None, setting, name.upper()).ratio()
    if name.upper().endswith(f"_{setting}") or setting.endswith(f"_{name.upper()}"):
        letters = 1.0  # it has all words of the other
    return letters, len(mine & its) / len(mine | its)


def _by_both(ranked: tuple[str, tuple[float, float]]) -> float:
    return sum(ranked[1])
