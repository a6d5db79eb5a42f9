"""DynamoDB JSON is nested 32 levels deep at most (AWS: "Quotas in Amazon DynamoDB")."""

from typing import Any

import pytest

from live.items import from_json, is_attribute, wrong

LEVELS = 32


def nested(kind: str, levels: int) -> dict[str, Any]:
    """Return a value of so many levels, the text in its middle included."""
    value: dict[str, Any] = {"S": "x"}
    for _ in range(levels - 1):
        value = {kind: [value] if kind == "L" else {"a": value}}
    return value


@pytest.mark.parametrize("kind", ["L", "M"])
def test_a_value_may_have_32_levels_and_no_more(kind: str) -> None:
    assert wrong({"it": nested(kind, LEVELS)}, "the item") is None
    assert is_attribute(nested(kind, LEVELS))
    said = wrong({"it": nested(kind, LEVELS + 1)}, "the item")
    assert said is not None
    assert said.endswith("is nested deeper than 32 levels, which DynamoDB does not allow")
    assert not is_attribute(nested(kind, LEVELS + 1))


def test_an_item_from_json_has_its_bytes_as_boto3_expects_them() -> None:
    item = {
        "text": {"S": "x"},
        "bytes": {"B": "YQ=="},
        "several": {"BS": ["YQ==", "Yg=="]},
        "list": {"L": [{"N": "1"}, {"B": "YQ=="}]},
        "map": {"M": {"inner": {"B": "YQ=="}}},
    }
    assert from_json(item) == {
        "text": {"S": "x"},
        "bytes": {"B": b"a"},
        "several": {"BS": [b"a", b"b"]},
        "list": {"L": [{"N": "1"}, {"B": b"a"}]},
        "map": {"M": {"inner": {"B": b"a"}}},
    }
