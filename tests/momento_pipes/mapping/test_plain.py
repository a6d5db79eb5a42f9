"""Parts that only a workflow can make take an attribute, and an image as plain JSON."""

from collections.abc import Callable
from typing import Any

import pytest

from momento_pipes.mapping import Field, MappingError
from momento_pipes.mapping.plain import Before, Plain
from tests.each import each

REFUSED: dict[str, tuple[Callable[[Any], object], Any, str]] = {
    "a name before": (Before, "Status", r"Before has 'Status'; write an attribute: Before\("),
    "an image before": (Before, Field.OLD_IMAGE, "Before has "),
    "a name": (Plain, "Status", r"Plain has 'Status'; write an attribute, Before\(attribute\)"),
    "a field": (Plain, Field.EVENT_NAME, r"Plain has Field\.EVENT_NAME; write an attribute"),
}


@each(case=REFUSED)
def test_another_value_is_refused_with_what_to_write(case: str) -> None:
    part, value, complaint = REFUSED[case]
    with pytest.raises(MappingError, match=complaint):
        part(value)
