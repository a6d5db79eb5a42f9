"""A test of many cases as one item: pytest needs milliseconds for each item in each process."""

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import pytest

FAILURES = (Exception, pytest.fail.Exception)


def each(
    names: tuple[str, ...] = (), rows: Iterable[Any] = ((),), /, **values: Iterable[object]
) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Call a test with each row of a table, or each combination of values; report all that fail.

    >>> @each(number=[1, 2, 3])
    ... def test_number(number: int) -> None:
    ...     assert number == 2, "it is not two"
    >>> test_number()
    Traceback (most recent call last):
    AssertionError: 2 of 3 cases fail:
    number=1: AssertionError: it is not two
    number=3: AssertionError: it is not two
    >>> @each(("number", "double"), [(1, 2), (2, 5)])
    ... def test_double(number: int, double: int) -> None:
    ...     assert number * 2 == double, "it is not the double"
    >>> test_double()
    Traceback (most recent call last):
    AssertionError: 1 of 2 cases fail:
    number=2, double=5: AssertionError: it is not the double
    """
    combinations = [
        dict(zip(names, row, strict=True)) | dict(zip(values, combination, strict=True))
        for row, combination in itertools.product(rows, list(itertools.product(*values.values())))
    ]

    def decorate(test: Callable[..., None]) -> Callable[[], None]:
        def run() -> None:
            __tracebackhide__ = True
            assert combinations, "there are no cases"
            failed = []
            for case in combinations:
                try:
                    test(**case)
                except FAILURES as error:
                    place = ", ".join(f"{name}={value!s:.200}" for name, value in case.items())
                    failed.append(f"{place}: {type(error).__name__}: {error}")
            if failed:
                raise AssertionError(
                    "\n".join([f"{len(failed)} of {len(combinations)} cases fail:", *failed])
                )

        run.__name__, run.__doc__, run.__module__ = test.__name__, test.__doc__, test.__module__
        return run

    return decorate
