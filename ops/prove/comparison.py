"""What came of one question: whether the answer is the one that the engine predicted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Agreement(StrEnum):
    """How an answer compares with the prediction."""

    AGREE = "agree"
    DIFFER = "differ"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, kw_only=True)
class ComparedAnswer:
    """One answer, compared; `behaviour` is the row of the table, below its `area`."""

    area: str
    behaviour: str
    name: str
    agreement: Agreement
    predicted: str = ""
    answered: str = ""


def compared(predicted: Sequence[Any], answered: Sequence[Any], *, ordered: bool) -> Agreement:
    """Compare several answers. An incomplete answer is not compared yet.

    >>> [compared(["a", "b"], some, ordered=True).value for some in (["a", "b"], ["b"], ["b", "a"])]
    ['agree', 'no answer', 'differ']
    """
    expected, came = list(map(repr, predicted)), list(map(repr, answered))
    if not ordered:
        expected, came = sorted(expected), sorted(came)
    if expected == came:
        return Agreement.AGREE
    if len(came) < len(expected) and not Counter(came) - Counter(expected):
        return Agreement.NO_ANSWER
    return Agreement.DIFFER
