"""`./help.sh simulate --item`: the stream record of an item, and what was assumed."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.__main__ import commands
from ops.shared.errors import OpsError
from ops.shared.record_file import EventName, read_records
from ops.simulate.item_file import record_of

TABLE = {
    "name": "weather",
    "hash_key": "Location",
    "attribute": [{"name": "Location", "type": "S"}],
    "stream_view_type": "NEW_AND_OLD_IMAGES",
}
ORDERS = {
    "name": "orders",
    "hash_key": "Customer",
    "range_key": "No",
    "attribute": [{"name": "Customer", "type": "S"}, {"name": "No", "type": "N"}],
}
PIPE = {
    "target_parameters": {
        "input_template": '{"l":<$.dynamodb.Keys.Location.S>,"x":<$.dynamodb.Keys.Other.S>}'
    }
}


def stack(tmp_path: Path, *tables: dict[str, Any]) -> Path:
    resources = {str(number): table for number, table in enumerate(tables)}
    file = tmp_path / "cdk.tf.json"
    document = {"resource": {"aws_dynamodb_table": resources, "aws_pipes_pipe": {"p": PIPE}}}
    file.write_text(json.dumps(document))
    return file


def item(tmp_path: Path, text: str) -> str:
    file = tmp_path / "item.json"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_plain_item_gets_its_types_and_numbers_are_as_dynamodb_stores_them(
    tmp_path: Path,
) -> None:
    text = (
        '{"Location": "Oslo", "a": 1.50, "b": 12345678901234567890123456789012345678,'
        ' "c": [1e2, null, true, {"d": "x"}], "e": -0}'
    )
    made = record_of(item(tmp_path, text), EventName.INSERT, stack(tmp_path, TABLE))
    change = made.record["dynamodb"]
    assert made.record["eventName"] == "INSERT"
    assert change["Keys"] == {"Location": {"S": "Oslo"}}
    assert change["NewImage"] == {
        "Location": {"S": "Oslo"},
        "a": {"N": "1.5"},
        "b": {"N": "12345678901234567890123456789012345678"},
        "c": {"L": [{"N": "100"}, {"NULL": True}, {"BOOL": True}, {"M": {"d": {"S": "x"}}}]},
        "e": {"N": "0"},
    }
    assert "OldImage" not in change
    assert made.assumed == (
        "the item is plain JSON: strings are S, numbers N, lists L, objects M",
        "its key is that of the table weather: Location",
    )
    file = tmp_path / "record.json"
    file.write_text(json.dumps(made.record))
    assert read_records(str(file)) == [made.record]


@pytest.mark.parametrize("wrapped", [False, True], ids=["as it is", "as get-item prints it"])
def test_an_item_in_dynamodb_json_is_taken(tmp_path: Path, *, wrapped: bool) -> None:
    given = {"Location": {"S": "Oslo"}, "MaxTemp": {"N": "21"}}
    text = json.dumps({"Item": given} if wrapped else given)
    made = record_of(item(tmp_path, text), EventName.INSERT, stack(tmp_path, TABLE))
    assert made.record["dynamodb"]["NewImage"] == given
    assert made.assumed[0] == "the item is DynamoDB JSON"


NUMBERS = [
    ("60.0", "60"),
    ("1.5E2", "150"),
    ("-0", "0"),
    ("-0.0e5", "0"),
    ("0.10", "0.1"),
    ("1e-3", "0.001"),
    ("1E+125", "1" + "0" * 125),
]


@pytest.mark.parametrize(("written", "stored"), NUMBERS, ids=[one for one, _ in NUMBERS])
@pytest.mark.parametrize("typed", [False, True], ids=["plain", "typed"])
def test_a_number_is_normalised_wherever_it_is(
    tmp_path: Path, written: str, stored: str, *, typed: bool
) -> None:
    """AWS: "Supported data types and naming rules": zeros before and after are trimmed."""
    if typed:
        one = f'{{"N": "{written}"}}'
        text = f'{{"Location": {{"S": "x"}}, "a": {one}, "b": {{"L": [{{"M": {{"c": {one}}}}}]}},'
        text += f' "d": {{"NS": ["{written}"]}}}}'
    else:
        text = f'{{"Location": "x", "a": {written}, "b": [{{"c": {written}}}]}}'
    made = record_of(item(tmp_path, text), EventName.INSERT, stack(tmp_path, TABLE))
    image = made.record["dynamodb"]["NewImage"]
    assert image["a"] == {"N": stored}
    assert image["b"] == {"L": [{"M": {"c": {"N": stored}}}]}
    assert image.get("d", {"NS": [stored]}) == {"NS": [stored]}


@pytest.mark.parametrize("letters", [500, 2_048])
def test_a_long_key_is_a_key_also_after_a_byte_order_mark(tmp_path: Path, letters: int) -> None:
    """AWS: "Quotas in Amazon DynamoDB": a partition key has 1 to 2,048 bytes."""
    text = "\ufeff" + json.dumps({"Location": "x" * letters})
    made = record_of(item(tmp_path, text), EventName.INSERT, stack(tmp_path, TABLE))
    assert made.record["dynamodb"]["Keys"] == {"Location": {"S": "x" * letters}}


@pytest.mark.parametrize(
    ("event", "view", "images"),
    [
        (EventName.INSERT, "NEW_AND_OLD_IMAGES", ["NewImage"]),
        (EventName.MODIFY, "NEW_AND_OLD_IMAGES", ["NewImage", "OldImage"]),
        (EventName.REMOVE, "NEW_AND_OLD_IMAGES", ["OldImage"]),
        (EventName.MODIFY, "NEW_IMAGE", ["NewImage"]),
        (EventName.REMOVE, "NEW_IMAGE", []),
        (EventName.MODIFY, "OLD_IMAGE", ["OldImage"]),
        (EventName.MODIFY, "KEYS_ONLY", []),
    ],
)
def test_a_record_has_the_images_of_its_change_and_its_stream(
    tmp_path: Path, event: EventName, view: str, images: list[str]
) -> None:
    """AWS: StreamSpecification in the DynamoDB API."""
    file = stack(tmp_path, TABLE | {"stream_view_type": view})
    change = record_of(item(tmp_path, '{"Location": "Oslo"}'), event, file).record["dynamodb"]
    assert [name for name in ("NewImage", "OldImage") if name in change] == images
    assert change["StreamViewType"] == view
    assert change["Keys"] == {"Location": {"S": "Oslo"}}


def test_the_items_key_chooses_the_table(tmp_path: Path) -> None:
    text = '{"Customer": "c", "No": 7, "x": 1}'
    made = record_of(item(tmp_path, text), EventName.INSERT, stack(tmp_path, TABLE, ORDERS))
    assert made.record["dynamodb"]["Keys"] == {"Customer": {"S": "c"}, "No": {"N": "7"}}
    assert made.assumed[1] == "its key is that of the table orders: Customer, No"


def test_an_item_that_fits_two_tables_says_so(tmp_path: Path) -> None:
    text = '{"Customer": "c", "No": 7, "Location": "Oslo"}'
    made = record_of(item(tmp_path, text), EventName.INSERT, stack(tmp_path, TABLE, ORDERS))
    assert made.assumed[1].endswith("weather: Location (it could be an item of orders too)")


def test_without_a_table_the_pipes_paths_give_the_key(tmp_path: Path) -> None:
    made = record_of(
        item(tmp_path, '{"Location": "Oslo", "MaxTemp": 1}'), EventName.REMOVE, stack(tmp_path)
    )
    assert made.record["dynamodb"]["Keys"] == {"Location": {"S": "Oslo"}}
    assert made.assumed[1] == (
        "the stack has no table of its own; its key is what the pipes read of Keys: Location"
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "is not an item: an item is a JSON object with its attributes"),
        ("{}", "is not an item: an item is a JSON object with its attributes"),
        ("5", "is not an item: an item is a JSON object with its attributes"),
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ('{"a": NaN}', "is not JSON: NaN is not JSON"),
        ('{"MaxTemp": 1}', r"does not have the key of a table of the stack \(weather: Location\)"),
        ('{"Location": 5}', "Location has the type N, but S in the key of the table weather"),
        ('{"Location": {"N": "5"}}', "Location has the type N, but S in the key"),
        ('{"Location": "x", "a": 1E126}', "not an item of DynamoDB .*a has the type N"),
        (
            '{"Location": "x", "a": 1' + "0" * 37 + "1}",
            "not an item of DynamoDB .*a has the type N",
        ),
        ('{"Location": ""}', "Location has 0 bytes, and DynamoDB takes 1 to 2,048 in the key"),
        (json.dumps({"Location": "x" * 2_049}), "Location has 2,049 bytes, and DynamoDB takes"),
        ('{"Location": "x", "a": 1E+300000000}', "not an item of DynamoDB .*a has the type N"),
        (
            '{"Location": "x", "a": ' + "9" * 5000 + "}",
            "not an item of DynamoDB .*a has the type N",
        ),
        ('{"Location": "x", "a": ' + '{"b":' * 900 + "1" + "}" * 900 + "}", "nested too deeply"),
        ('{"Location": "\\ud800"}', "not an item of DynamoDB .*Location has the type S"),
        ('{"Location": "Oslo", "m": {"S": "x"}}', "m would be DynamoDB JSON, and Location not"),
        (
            '{"Location": {"S": "Oslo"}, "MaxTemp": 21}',
            "and MaxTemp not: write all attributes with their types",
        ),
        (
            '{"Location": {"S": "Oslo"}, "MaxTemp": {"N": 21}}',
            "the item.MaxTemp has the type N, so its value is text",
        ),
        (
            '{"Location": {"S": "Oslo"}, "a": {"N": "' + "9" * 10_000 + '"}}',
            r"not '9{40}'\.\.\. \(10,000 characters\)$",
        ),
    ],
    ids=lambda given: given[:40],
)
def test_another_value_than_an_item_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(OpsError, match=says):
        record_of(item(tmp_path, text), EventName.INSERT, stack(tmp_path, TABLE))


@pytest.mark.parametrize("arguments", [[], ["a.json", "--item", "b.json"]], ids=["none", "both"])
def test_records_or_an_item_is_given(arguments: list[str]) -> None:
    result = CliRunner().invoke(commands(["simulate"]), ["simulate", *arguments])
    assert result.exit_code == 2
    assert "give a file of records, or --item with a file of one item" in result.output


def test_an_event_of_another_name_is_refused() -> None:
    for given, meant in (("DELETE", "REMOVE"), ("update", "MODIFY"), ("INSRT", "INSERT")):
        result = CliRunner().invoke(
            commands(["simulate"]), ["simulate", "--item", "x", "--event", given]
        )
        assert result.exit_code == 1
        assert str(result.exception) == (
            f"--event is '{given}'; did you mean {meant}? A record's eventName is INSERT, MODIFY,"
            " REMOVE"
        )
