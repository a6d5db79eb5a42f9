"""A test of many cases as one item: pytest needs milliseconds for each item in each process."""

import itertools
from collections.abc import Callable, Iterable

import pytest

FAILURES = (Exception, pytest.fail.Exception)


def each(**values: Iterable[object]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Call a test with each combination of these values; report every one that fails.

    >>> @each(number=[1, 2, 3])
    ... def test_number(number: int) -> None:
    ...     assert number == 2, "it is not two"
    >>> test_number()
    Traceback (most recent call last):
    AssertionError: 2 of 3 cases fail:
    number=1: AssertionError: it is not two
    number=3: AssertionError: it is not two
    """
    names, combinations = list(values), list(itertools.product(*values.values()))

    def decorate(test: Callable[..., None]) -> Callable[[], None]:
        def run() -> None:
            __tracebackhide__ = True
            assert combinations, "there are no cases"
            failed = []
            for combination in combinations:
                case = dict(zip(names, combination, strict=True))
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
