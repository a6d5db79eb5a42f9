"""A time to live that ends at a point in time takes an attribute of seconds, and a longest TTL."""

from typing import Any

import pytest

from momento_pipes.mapping import Attribute, MappingError
from momento_pipes.mapping.until import Until
from tests.each import each

REFUSED: dict[str, tuple[Any, Any, str]] = {
    "a name": ("Expires", 60, "lives until 'Expires'; write an attribute of the type N"),
    "text": (Attribute("Expires"), 60, r"lives until Expires \(S\)"),
    "no TTL": (Attribute("Expires", "N"), 0, "the longest TTL is 0; write 1 second or more"),
    "a part of a second": (Attribute("Expires", "N"), 1.5, "the longest TTL is 1.5"),
    "true": (Attribute("Expires", "N"), True, "the longest TTL is True"),
}


@each(case=REFUSED)
def test_what_is_no_time_or_no_ttl_is_refused(case: str) -> None:
    attribute, most, complaint = REFUSED[case]
    with pytest.raises(MappingError, match=complaint):
        Until(attribute, most)


def test_the_shortest_ttl_is_a_second() -> None:
    assert Until(Attribute("Expires", "N"), 1).most == 1
