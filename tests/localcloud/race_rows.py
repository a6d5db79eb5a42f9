"""The rows of `tests/bench/race.py`: ways of writing, and of answering."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HANG_SECONDS = 2.0
"""How long a request may take before it has timed out."""
Answer = Callable[[str, int, random.Random], tuple[float, int | None]]
"""By method, number of the request for its key, and chance: seconds to wait, status or none."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way of writing and of answering."""

    name: str
    writes: str = "put, delete"
    answers: str = "at once"
    keys: int = 1_000
    each: Sequence[int | None] = (1, None)
    """The versions that each key gets, one after the other."""
    answer: Answer = lambda _method, _number, _chance: (0.0, None)
    pause: float = 0.0
    """Seconds between the writes of a key."""
    rate: float = 0.0
    """Keys that are begun in a second, if not as many as can be."""
    at_random: bool = False
    """Write each key at a random time, with random versions."""


def _between(low: float, high: float, *methods: str) -> Answer:
    def answer(method: str, _: int, chance: random.Random) -> tuple[float, int | None]:
        slow = not methods or method in methods
        return (chance.uniform(low, high) if slow else 0.0), None

    return answer


def _first_put_refused(method: str, number: int, _: random.Random) -> tuple[float, int | None]:
    return 0.0, 429 if method == "PUT" and number == 1 else None


def _unlucky(_method: str, number: int, chance: random.Random) -> tuple[float, int | None]:
    if number == 1 and chance.random() < 0.001:
        return HANG_SECONDS * 2, None
    drawn = chance.random()
    return chance.uniform(0.0, 0.08), 429 if drawn < 0.05 else 500 if drawn < 0.06 else None


ROWS = (
    Row(name="put-delete"),
    Row(name="put-delete-put", writes="put, delete, put", each=(1, None, 2)),
    Row(
        name="paced",
        writes="put, delete, 200 ms apart, 8 a second",
        answers="20-80 ms",
        keys=150,
        pause=0.2,
        rate=8.0,
        answer=_between(0.02, 0.08),
    ),
    Row(
        name="slow-put",
        answers="PUT 200-400 ms",
        keys=300,
        answer=_between(0.2, 0.4, "PUT"),
    ),
    Row(
        name="slow-delete",
        writes="put, delete, put",
        answers="DELETE 200-400 ms",
        keys=300,
        each=(1, None, 2),
        answer=_between(0.2, 0.4, "DELETE"),
    ),
    Row(name="refused-put", answers="first PUT 429", keys=40, answer=_first_put_refused),
    Row(
        name="random",
        writes="puts and deletes at random",
        answers="0-80 ms, 5 % 429, 1 % 500, some hang",
        each=(1, None, 2),
        answer=_unlucky,
        at_random=True,
    ),
)
