"""Names of settings that are misspelt: what is near one of ours and is none."""

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from pathlib import Path

from dotenv.parser import parse_stream

CREDENTIALS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
"""Read from `.env` by help.sh, in these very letters."""
OTHERS = frozenset(
    {
        *("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "MIRROR_AWS_PROVIDER_VERSION"),
        *("MOMENTO_ENDPOINT_URL", "PIPE_DELIVERIES_URL", "MOMENTO_AUTH_TOKEN"),
    }
)
"""Names of AWS's and Momento's tools, of the local cloud and of help.sh."""
TOOLS = ("TF_", "CDKTF_", "JSII_")
NEAR, NEAR_AWS, NEAR_OURS = 0.8, 0.88, 0.6
"""How alike two names are: any, AWS's (which has many), and those that begin as ours do."""
OURS = ("MOMENTO_", "PIPE_")
ALMOST_THE_SAME = 0.9
FIRST_WORD = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w-]*)")


def in_file(path: Path, settings: frozenset[str]) -> Iterator[str]:
    """Yield a line for each name in an env file that is near a setting and is none.

    And for each that has no value, as `NAME: value` has none. Names that are like none of ours
    belong to other tools.

    Raises:
        UnicodeDecodeError: the file is not UTF-8 text.

    """
    for name, has_value in _names(path) if path.is_file() else ():
        if name.upper() in settings or name in CREDENTIALS | OTHERS or name.startswith(TOOLS):
            if not has_value:
                yield f"{name} in {path.name} has no value: write {name}=value, in one line"
            continue
        nearest, ratio = _nearest(name.upper(), settings | CREDENTIALS)
        if ratio >= _least(name.upper()) or _is_cut_off(name.upper(), nearest):
            yield _said(name, path.name, nearest)


def _names(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield the names in an env file, and whether each has a value; empty is one."""
    with path.open(encoding="utf-8") as file:
        for binding in parse_stream(file):
            if binding.key is not None:
                yield binding.key, binding.value is not None
            elif binding.error and (found := FIRST_WORD.match(binding.original.string)):
                yield found[1], False


def in_environment(names: Iterable[str], settings: frozenset[str]) -> Iterator[str]:
    """Yield a line for each variable of the environment that is almost a setting.

    An environment holds much of others: only what is a letter or two away is told.
    """
    for name in names:
        if name.upper() in settings or name in CREDENTIALS | OTHERS or "_" not in name:
            continue
        nearest, ratio = _nearest(name.upper(), settings)
        if ratio >= ALMOST_THE_SAME and not name.startswith(TOOLS):
            yield _said(name, "the environment", nearest)


def _nearest(name: str, known: Iterable[str]) -> tuple[str, float]:
    ratios = {one: SequenceMatcher(None, one, name).ratio() for one in sorted(known)}
    # A name that was cut off at a word is nearer than its ratio says.
    nearest = max(ratios, key=lambda one: (_is_cut_off(name, one), ratios[one]))
    return nearest, ratios[nearest]


def _least(name: str) -> float:
    if name.startswith(OURS):
        return NEAR_OURS
    return NEAR_AWS if name.startswith("AWS_") else NEAR


def _is_cut_off(name: str, setting: str) -> bool:
    """Say whether a name is the first words of a setting, two at least."""
    return "_" in name and setting.startswith(f"{name.rstrip('_')}_")


def _said(name: str, where: str, nearest: str) -> str:
    return (
        f"{name} in {where} is no setting; did you mean {nearest}? Rename it or take it out"
        " (.env.example lists the settings)"
    )
