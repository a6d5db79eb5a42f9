"""Lists of AWS that have several pages."""

from typing import Any

import pytest

from ops.key.connections import listed


@pytest.mark.parametrize("token", ["NextToken", "nextToken"])
def test_all_pages_are_read(token: str) -> None:
    pages: list[dict[str, Any]] = [
        {"Names": ["a", "b"], token: "2"},
        {"Names": [], token: "3"},
        {"Names": ["c"], token: ""},
    ]

    def ask(**more: str) -> dict[str, Any]:
        return pages[int(more[token]) - 1 if more else 0]

    assert [*listed(ask, "Names")] == ["a", "b", "c"]
