"""A random sample of a sequence whose length is not known."""

import random
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def sample_of(values: Iterable[T], size: int) -> list[T]:
    """Return at most `size` values. Every value is equally likely to be among them.

    Only the sample is in memory (Algorithm R, Vitter 1985: "Random sampling with a reservoir").
    """
    drawn = random.Random()  # noqa: S311 - a sample, not a secret
    chosen: list[T] = []
    for number, value in enumerate(values):
        if number < size:
            chosen.append(value)
        elif (place := drawn.randint(0, number)) < size:
            chosen[place] = value
    return chosen
