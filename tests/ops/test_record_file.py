"""Files of stream records: what is none is refused in a sentence, without a traceback."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.errors import OpsError
from ops.record_file import named_records, read_records
from tests.eventpipes.cases import CASES


def change(**more: Any) -> dict[str, Any]:
    return {"eventName": "INSERT", "dynamodb": {"Keys": {"Location": {"S": "Oslo"}}} | more}


def image(value: Any) -> dict[str, Any]:
    return change(NewImage={"a": value})


@pytest.mark.parametrize("file", sorted((CASES / "records").glob("*.json")), ids=lambda f: f.stem)
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
        ({"eventName": "INSERT", "dynamodb": []}, "dynamodb is a list, and not an object"),
        ({"eventName": "INSERT", "dynamodb": None}, "dynamodb is null, and not an object"),
        ({"eventName": "INSERT", "dynamodb": "x"}, "dynamodb is a string, and not an object"),
        (change(Keys=[]), "dynamodb.Keys is a list, and not an object of attributes"),
        (change(Keys=None), "dynamodb.Keys is null, and not an object of attributes"),
        (change(NewImage="x"), "dynamodb.NewImage is a string, and not an object of attributes"),
        (change(OldImage=5), "dynamodb.OldImage is a number, and not an object of attributes"),
        (change(Keys={"Location": None}), "dynamodb.Keys.Location is null, and not a value with"),
        (image("Oslo"), "dynamodb.NewImage.a is a string, and not a value with its type"),
        (image(21), "dynamodb.NewImage.a is a number, and not a value with its type"),
        (image(value=True), "dynamodb.NewImage.a is true, and not a value with its type"),
        (image([]), "dynamodb.NewImage.a is a list, and not a value with its type"),
        (image({}), "dynamodb.NewImage.a has 0 types, and a value has one: none"),
        (image({"S": "x", "N": "1"}), "dynamodb.NewImage.a has 2 types, and a value has one: S, N"),
        (image({"T": "x"}), "dynamodb.NewImage.a has the type 'T'; there are S, N, B"),
        (image({"s": "x"}), "dynamodb.NewImage.a has the type 's'"),
        (image({"S": 5}), "dynamodb.NewImage.a is of type S, which holds text, and not a number"),
        (image({"S": None}), "dynamodb.NewImage.a is of type S, which holds text, and not null"),
        (image({"S": "\ud800"}), "dynamodb.NewImage.a is of type S, which holds text, and not"),
        (image({"N": 21}), "is of type N, which holds text of a number of 38 digits at most"),
        (image({"N": ""}), "is of type N, which holds text of a number"),
        (image({"N": "x"}), "is of type N, which holds text of a number"),
        (image({"N": "NaN"}), "is of type N, which holds text of a number"),
        (image({"N": "1E+300000000"}), "is of type N, which holds text of a number"),
        (image({"N": "1E126"}), "is of type N, which holds text of a number"),
        (image({"N": "1" * 39}), "is of type N, which holds text of a number"),
        (image({"N": "1" * 9000}), "is of type N, which holds text of a number"),
        (image({"B": "no Base64!"}), "is of type B, which holds text in Base64"),
        (image({"BOOL": "true"}), "is of type BOOL, which holds true or false, and not 'true'"),
        (image({"NULL": False}), "is of type NULL, which holds true, and not false"),
        (image({"M": []}), "is of type M, which holds an object, and not a list"),
        (image({"M": {"x": 1}}), "dynamodb.NewImage.a.x is a number, and not a value with"),
        (image({"L": {}}), "is of type L, which holds a list, and not an object"),
        (image({"L": [{"S": "x"}, 1]}), "dynamodb.NewImage.a[1] is a number, and not a value"),
        (image({"SS": "x"}), "is of type SS, which holds a list of texts"),
        (image({"SS": []}), "is of type SS, which holds a list of texts"),
        (image({"NS": [1]}), "is of type NS, which holds a list of text of a number"),
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
    assert "record 2 is no DynamoDB stream record" in str(caught.value)
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
        (b"[{}]", "record 1 is no DynamoDB stream record"),
        (b"[1]", "record 1 is no DynamoDB stream record"),
        (b"{", "is not JSON: "),
        (b"[NaN]", "is not JSON: NaN is no JSON"),
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
