"""Numbers are stored as DynamoDB stores them, from every kind of request.

The bounds are those of AWS's "Supported data types and naming rules", Number (38 digits, 1E-130 to
9.99E+125, zeros trimmed); the words of the refusals are inferred.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud import LocalAws
from localcloud.applied import client
from tests.each import each
from tests.localcloud.contents import records_of

NINES = "9" * 38
STORED = {
    "1.5e+2": "150",
    "-00.50": "-0.5",
    NINES: NINES,
    f"0.{NINES}": f"0.{NINES}",
    "1" + "0" * 45: "1" + "0" * 45,
    "9.99E125": "999" + "0" * 123,
    "-1e-130": "-0." + "0" * 129 + "1",
    "0E+300000000": "0",
}
DIGITS = "Attempting to store more than 38 significant digits in a Number"
OVERFLOW = (
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
)
UNDERFLOW = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)
NO_NUMBER = "The parameter cannot be converted to a numeric value"
REFUSED = {
    "": NO_NUMBER,
    "1_000": f"{NO_NUMBER}: 1_000",
    "1 ": f"{NO_NUMBER}: 1 ",
    "1" * 39: DIGITS,
    "1E126": OVERFLOW,
    f"1E+{'9' * 5000}": OVERFLOW,
    "1e-131": UNDERFLOW,
}
"""`tests/eventpipes/test_dynamodb_number.py` has more of both."""


class Numbers:
    """A table whose key is a number."""

    name = "numbers"

    def __init__(self, client: Any, streams: Any) -> None:
        self.client = client
        self._streams = streams
        self._stream = client.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]["LatestStreamArn"]

    def put(self, number: Any, key: str = "1") -> None:
        """Put an item with an attribute `n`."""
        self.client.put_item(TableName=self.name, Item={"id": {"N": key}, "n": number})

    def item(self, key: str = "1") -> Any:
        """Return the attribute `n`."""
        item = self.client.get_item(TableName=self.name, Key={"id": {"N": key}}).get("Item")
        return item and item["n"]

    def update(self, expression: str, **values: str) -> None:
        """Change the item 1."""
        self.client.update_item(
            TableName=self.name,
            Key={"id": {"N": "1.0"}},
            UpdateExpression=expression,
            ExpressionAttributeValues={f":{name}": {"N": one} for name, one in values.items()},
        )

    def records(self) -> list[Any]:
        """Return the event name, the keys and the new image of each stream record."""
        return [
            (record["eventName"], *map(record["dynamodb"].get, ("Keys", "NewImage")))
            for record in records_of(self._streams, self._stream)
        ]


@pytest.fixture
def numbers(local_aws: LocalAws) -> Iterator[Numbers]:
    dynamodb = client("dynamodb", local_aws.endpoint)
    yield Numbers(dynamodb, client("dynamodbstreams", local_aws.endpoint))
    dynamodb.delete_table(TableName=Numbers.name)


def test_a_number_is_normalised(numbers: Numbers) -> None:
    @each(text=STORED)
    def check(text: str) -> None:
        numbers.put({"N": text})
        assert numbers.item() == {"N": STORED[text]}

    check()


def test_a_number_is_refused_with_dynamodbs_message(numbers: Numbers) -> None:
    @each(text=REFUSED)
    def check(text: str) -> None:
        with pytest.raises(ClientError) as refused:
            numbers.put({"N": text})
        error = refused.value.response["Error"]
        assert (error["Code"], error["Message"]) == ("ValidationException", REFUSED[text])
        assert numbers.item() is None

    check()


def test_a_number_is_normalised_inside_other_values(numbers: Numbers) -> None:
    """In a list, a map and a set; an attribute with the name of a type is not a number."""
    deep = {"M": {"N": {"S": "1.0"}, "l": {"L": [{"N": "1.0"}, {"NS": ["2.0", "1E1"]}]}}}
    numbers.put(deep)
    found = numbers.item()["M"]
    assert found["N"] == {"S": "1.0"}
    assert found["l"]["L"][0] == {"N": "1"}
    assert sorted(found["l"]["L"][1]["NS"]) == ["10", "2"]


def test_a_set_with_the_same_number_twice_is_refused(numbers: Numbers) -> None:
    with pytest.raises(ClientError, match="Input collection contains duplicates"):
        numbers.put({"NS": ["1", "1.0"]})


@pytest.mark.parametrize("value", [{"L": [{"N": "1E126"}]}, {"M": {"a": {"N": "1E126"}}}])
def test_a_number_is_refused_inside_other_values(numbers: Numbers, value: Any) -> None:
    with pytest.raises(ClientError, match="Number overflow"):
        numbers.put(value)


def test_1_and_1_0_are_the_same_key(numbers: Numbers) -> None:
    """The stream's records have the key as it is stored."""
    numbers.put({"N": "1"}, key="1.0")
    numbers.put({"N": "2"}, key="1")
    assert numbers.item("1e0") == {"N": "2"}
    numbers.client.delete_item(TableName=numbers.name, Key={"id": {"N": "01"}})
    assert numbers.item() is None
    key = {"id": {"N": "1"}}
    assert numbers.records() == [
        ("INSERT", key, key | {"n": {"N": "1"}}),
        ("MODIFY", key, key | {"n": {"N": "2"}}),
        ("REMOVE", key, None),
    ]


def test_the_same_number_in_another_notation_makes_no_record(numbers: Numbers) -> None:
    for text in ("1", "1.0", "10E-1"):
        numbers.put({"N": text})
    assert [kind for kind, *_ in numbers.records()] == ["INSERT"]


@pytest.mark.parametrize(
    ("before", "expression", "value", "after"),
    [
        ("1.5", "ADD n :v", "1.5", "3"),
        ("150", "ADD n :v", "1E2", "250"),
        ("1", "SET n = n - :v", "1.0", "0"),
        ("1", "SET n = n + :v", "1E30", "1" + "0" * 29 + "1"),
        (NINES, "ADD n :v", "1", "1" + "0" * 38),
        ("0.1", "ADD n :v", "0.2", "0.3"),
        ("1", "SET n = :v", "2.50", "2.5"),
    ],
)
def test_calculations_are_exact(
    numbers: Numbers, before: str, expression: str, value: str, after: str
) -> None:
    numbers.put({"N": before})
    numbers.update(expression, v=value)
    assert numbers.item() == {"N": after}


def test_adding_with_attribute_updates_is_exact(numbers: Numbers) -> None:
    """AttributeUpdates is the legacy parameter."""
    numbers.put({"N": NINES[:-1]})
    numbers.client.update_item(
        TableName=numbers.name,
        Key={"id": {"N": "1"}},
        AttributeUpdates={"n": {"Action": "ADD", "Value": {"N": "1.0"}}},
    )
    assert numbers.item() == {"N": "1" + "0" * 37}


def test_a_sum_that_cannot_be_stored_is_an_overflow(numbers: Numbers) -> None:
    """A sum with too many digits is one, too. The item does not change."""
    numbers.put({"N": "1E38"})
    with pytest.raises(ClientError, match="Number overflow"):
        numbers.update("ADD n :v", v="0.1")
    assert numbers.item() == {"N": "1" + "0" * 38}


def test_a_condition_compares_numbers(numbers: Numbers) -> None:
    numbers.put({"N": "1.50"})
    for text in ("1.5", "15E-1"):
        numbers.client.put_item(
            TableName=numbers.name,
            Item={"id": {"N": "1"}, "n": {"N": "1.5"}},
            ConditionExpression="n = :n",
            ExpressionAttributeValues={":n": {"N": text}},
        )
    with pytest.raises(ClientError, match="Number overflow"):
        numbers.client.scan(
            TableName=numbers.name,
            FilterExpression="n = :n",
            ExpressionAttributeValues={":n": {"N": "1E126"}},
        )


def test_batches_and_transactions_normalise(numbers: Numbers) -> None:
    item = {"id": {"N": "1.0"}, "n": {"N": "1.5E2"}}
    request = {"PutRequest": {"Item": item}}
    numbers.client.batch_write_item(RequestItems={numbers.name: [request]})
    assert numbers.item() == {"N": "150"}
    put = {"TableName": numbers.name, "Item": item | {"n": {"N": "-0"}}}
    numbers.client.transact_write_items(TransactItems=[{"Put": put}])
    assert numbers.item() == {"N": "0"}
    keys = {numbers.name: {"Keys": [{"id": {"N": "1.00"}}]}}
    answer = numbers.client.batch_get_item(RequestItems=keys)["Responses"]
    assert answer[numbers.name] == [{"id": {"N": "1"}, "n": {"N": "0"}}]
    with pytest.raises(ClientError, match="38 significant digits"):
        numbers.client.transact_write_items(
            TransactItems=[{"Put": put | {"Item": item | {"n": {"N": "1" * 39}}}}]
        )
