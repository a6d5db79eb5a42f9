"""The requests of the examples for a change, for each case of `cases.json`."""

from typing import Any

import pytest

from tests.stacks.examples.example import (
    CASES,
    EXAMPLES,
    KEYS,
    PIPELINES,
    record,
    sent,
    synthesized,
)


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, id=f"{name}: {case['name']}")
        for name, cases in CASES.items()
        for case in cases
    ],
)
def test_a_change_sends_these_requests_and_no_other(name: str, case: dict[str, Any]) -> None:
    pipeline = case.get("pipeline") or PIPELINES[name]
    assert sent(synthesized(name), pipeline, record(case, KEYS[name])) == case["sent"]


def test_every_example_has_cases() -> None:
    assert set(CASES) == set(EXAMPLES)
