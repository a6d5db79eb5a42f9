"""The names of caches and topics."""

import pytest

from momento_pipes.mapping import MappingError
from momento_pipes.mapping.name import must_be_name
from tests.each import each


@pytest.mark.parametrize("name", ["a", "my-cache_1.x", "...", ".a", "0" * 255])
def test_valid_name_is_accepted(name: str) -> None:
    assert must_be_name(name, "the cache") == name


@each(name=["", ".", "..", "a b", "a/b", "*", "$.a", "ä", "a\n", "0" * 256, None, 3])
def test_other_name_is_refused(name: object) -> None:
    with pytest.raises(MappingError, match=r"^the cache is .*; use 1 to 255 letters, .* or more$"):
        must_be_name(name, "the cache", " or more")
