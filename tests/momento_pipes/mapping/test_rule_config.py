"""The configuration of a rule of an event bus, and the lengths that EventBridge allows."""

import dataclasses
from typing import Any

import pytest

from momento_pipes.mapping import MappingError, RuleConfig

GOOD = RuleConfig(
    path_parameters=("c",),
    pattern='{"a":["' + "x" * 4_086 + '"]}',
    input_paths={f"p{number}": "$." + "k" * 254 for number in range(100)},
)


def test_a_config_with_every_part_at_its_limit_fits_a_rule() -> None:
    GOOD.check("cache-put")
    assert (len(GOOD.pattern), len(GOOD.input_paths["p0"])) == (4_096, 256)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"pattern": GOOD.pattern + " "}, "a pattern of 4097 characters for cache-put, but a rule"),
        ({"input_paths": {**GOOD.input_paths, "p100": "$.k"}}, "cache-put has 101 parts of an"),
        ({"input_paths": {"p0": "$." + "k" * 255}}, "a path of 257 characters, but a rule"),
    ],
    ids=["pattern", "paths", "path"],
)
def test_a_part_over_its_limit_is_refused(changed: dict[str, Any], complaint: str) -> None:
    with pytest.raises(MappingError, match=complaint):
        dataclasses.replace(GOOD, **changed).check("cache-put")
