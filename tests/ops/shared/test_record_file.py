"""Files of stream records: another file is refused in a sentence, without a traceback."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.shared.errors import OpsError
from ops.shared.record_file import named_records, read_records
from tests.each import each
from tests.eventpipes.cases import CASES


def change(**more: Any) -> dict[str, Any]:
    return {"eventName": "INSERT", "dynamodb": {"Keys": {"Location": {"S": "Oslo"}}} | more}


def image(value: Any) -> dict[str, Any]:
    return change(NewImage={"a": value})


@each(file=sorted((CASES / "records").glob("*.json")))
def test_the_samples_are_records(file: Path) -> None:
    assert read_records(str(file))


@pytest.mark.parametrize(
    "value",
    [
        {"S": ""},
        {"N": "-1.5E-10"},
        {"N": "9.9999999999999999999999999999999999999E+125"},
        {"B": "AAECAw=="},
        {"B": ""},
        {"BOOL": False},
        {"NULL": True},
        {"M": {}},
        {"L": []},
        {"M": {"x": {"L": [{"SS": ["a", "b"]}, {"NS": ["1"]}, {"BS": ["AA=="]}]}}},
    ],
    ids=str,
)
def test_each_type_of_dynamodb_is_taken(tmp_path: Path, value: Any) -> None:
    file = tmp_path / "records.json"
    file.write_text(json.dumps(image(value)), encoding="utf-8")
    assert read_records(str(file)) == [image(value)]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"Location": "Oslo", "MaxTemp": 21}, "it has no eventName or no dynamodb"),
        (None, "it has no eventName or no dynamodb"),
        ("INSERT", "it has no eventName or no dynamodb"),
        ({"eventName": None, "dynamodb": {}}, "eventName is null, and may be INSERT, MODIFY, REM"),
        ({"eventName": "insert", "dynamodb": {}}, "eventName is 'insert', and may be INSERT"),
        ({"eventName": ["INSERT"], "dynamodb": {}}, "eventName is a list, and may be INSERT"),
        ({"eventName": {}, "dynamodb": {}}, "eventName is an object, and may be INSERT"),
        ({"eventName": "INSERT", "dynamodb": []}, "dynamodb is a list, not an object"),
        ({"eventName": "INSERT", "dynamodb": None}, "dynamodb is null, not an object"),
        ({"eventName": "INSERT", "dynamodb": "x"}, "dynamodb is a string, not an object"),
        (change(Keys=[]), "dynamodb.Keys is a list, not an object of attributes"),
        (change(Keys=None), "dynamodb.Keys is null, not an object of attributes"),
        (change(NewImage="x"), "dynamodb.NewImage is a string, not an object of attributes"),
        (change(OldImage=5), "dynamodb.OldImage is a number, not an object of attributes"),
        (change(Keys={"Location": None}), "dynamodb.Keys.Location is null, not a value with"),
        (image("Oslo"), "dynamodb.NewImage.a is a string, not a value with its type"),
        (image(21), "dynamodb.NewImage.a is a number, not a value with its type"),
        (image(value=True), "dynamodb.NewImage.a is true, not a value with its type"),
        (image([]), "dynamodb.NewImage.a is a list, not a value with its type"),
        (image({}), "dynamodb.NewImage.a has 0 types, but a value has one: none"),
        (image({"S": "x", "N": "1"}), "dynamodb.NewImage.a has 2 types, but a value has one: S, N"),
        (image({"T": "x"}), "dynamodb.NewImage.a has the type 'T'; use S, N, B"),
        (image({"s": "x"}), "dynamodb.NewImage.a has the type 's'"),
        (image({"S": 5}), "dynamodb.NewImage.a has the type S, so its value is text, not a number"),
        (image({"S": None}), "dynamodb.NewImage.a has the type S, so its value is text, not null"),
        (image({"S": "\ud800"}), "dynamodb.NewImage.a has the type S, so its value is text, not"),
        (image({"N": 21}), "the type N, so its value is text of a number with at most 38 digits"),
        (image({"N": ""}), "has the type N, so its value is text of a number"),
        (image({"N": "x"}), "has the type N, so its value is text of a number"),
        (image({"N": "NaN"}), "has the type N, so its value is text of a number"),
        (image({"N": "1E+300000000"}), "has the type N, so its value is text of a number"),
        (image({"N": "1E126"}), "has the type N, so its value is text of a number"),
        (image({"N": "1" * 39}), "has the type N, so its value is text of a number"),
        (image({"N": "1" * 9000}), "has the type N, so its value is text of a number"),
        (image({"B": "no Base64!"}), "has the type B, so its value is text in Base64"),
        (image({"BOOL": "true"}), "has the type BOOL, so its value is true or false, not 'true'"),
        (image({"NULL": False}), "has the type NULL, so its value is true, not false"),
        (image({"M": []}), "has the type M, so its value is an object, not a list"),
        (image({"M": {"x": 1}}), "dynamodb.NewImage.a.x is a number, not a value with"),
        (image({"L": {}}), "has the type L, so its value is a list, not an object"),
        (image({"L": [{"S": "x"}, 1]}), "dynamodb.NewImage.a[1] is a number, not a value"),
        (image({"SS": "x"}), "has the type SS, so its value is a list of texts"),
        (image({"SS": []}), "has the type SS, so its value is a list of texts"),
        (image({"NS": [1]}), "has the type NS, so its value is a list of text of a number"),
        (image({"\x1b[2J": 1}), r"has the type '\x1b[2J'"),
    ],
    ids=lambda given: str(given)[:50],
)
def test_another_value_than_a_record_is_refused(tmp_path: Path, record: Any, why: str) -> None:
    """AWS: "DynamoDB low-level API, data type descriptors"."""
    file = tmp_path / "records.json"
    file.write_text(json.dumps([change(), record]), encoding="utf-8")
    with pytest.raises(OpsError) as caught:
        read_records(str(file))
    assert "record 2 is not a DynamoDB stream record" in str(caught.value)
    assert why in str(caught.value)
    assert "see tests/cases/records for samples" in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"[]", "holds no record: the list of them is empty"),
        (b'{"Records": []}', "holds no record: the list of them is empty"),
        (b"[{}]", "record 1 is not a DynamoDB stream record"),
        (b"[1]", "record 1 is not a DynamoDB stream record"),
        (b"{", "is not JSON: "),
        (b"[NaN]", "is not JSON: NaN is not JSON"),
        (b"\xff\xfe", "is not text in UTF-8 .byte 1 is not.; save it as UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "holds a number of 5,000 digits"),
        (b"{}\n{", "is not JSON: "),
    ],
    ids=lambda given: str(given)[:20],
)
def test_another_text_than_json_is_refused(tmp_path: Path, text: bytes, says: str) -> None:
    file = tmp_path / "records.json"
    file.write_bytes(text)
    with pytest.raises(OpsError, match=says):
        read_records(str(file))


def test_an_attribute_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    deep = '{"L":[' * 700 + '{"S":"x"}' + "]}" * 700
    file = tmp_path / "records.json"
    file.write_text('{"eventName":"INSERT","dynamodb":{"NewImage":{"a":' + deep + "}}}")
    with pytest.raises(OpsError, match="nested too deeply"):
        read_records(str(file))


def test_the_name_of_a_record_steers_no_terminal(tmp_path: Path) -> None:
    file = tmp_path / "records.json"
    key = {"Location": {"S": "\x1b[31mOslo\x9b2J\u202eolsO"}}
    file.write_text(json.dumps(change(Keys=key)), encoding="utf-8")
    assert [*named_records(str(file))] == [r"INSERT Location=\x1b[31mOslo\x9b2J\u202eolsO"]
