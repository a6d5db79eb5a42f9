"""`./help.sh simulate`: requests, or why there are none, from samples of each shape."""

import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ops.shared.errors import OpsError
from ops.shared.record_file import read_records
from ops.simulate.simulation import as_json, simulate
from stacks.settings import Settings
from tests.conftest import ENDPOINT
from tests.eventpipes.test_bus_readers import DOCUMENT
from tests.localcloud.workflow_cloud import document

INSERT = {
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"Location": {"S": "Oslo"}},
        "NewImage": {
            "Location": {"S": "Oslo"},
            "MaxTemp": {"N": "21"},
            "MinTemp": {"N": "9"},
            "ChancesOfPrecipitation": {"N": "40"},
            "TTL": {"N": "600"},
        },
    },
}
REMOVE = {"eventName": "REMOVE", "dynamodb": {"Keys": {"Location": {"S": "Bergen"}}}}


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the weather stack's JSON in a file."""
    from cdktf import Testing

    from stacks.weather import WeatherStack

    settings = Settings(MOMENTO_API_ENDPOINT=ENDPOINT)
    file = tmp_path_factory.mktemp("stack") / "cdk.tf.json"
    file.write_text(Testing.synth(WeatherStack(Testing.app(), "weather", settings)))
    return file


def run(tmp_path: Path, synthesized: Path, text: str, **options: int) -> str:
    events = tmp_path / "events.json"
    events.write_text(text)
    console = Console(file=io.StringIO(), width=200, color_system=None)
    simulate(read_records(str(events)), synthesized, console, **options)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_each_pipe_shows_its_request_or_why_it_has_none(tmp_path: Path, synthesized: Path) -> None:
    told = run(tmp_path, synthesized, json.dumps(INSERT))
    assert "INSERT Location=Oslo" in told
    assert f"PUT {ENDPOINT}/cache/momento-eventbridge-cache?key=Oslo&ttl_seconds=600" in told
    assert f"POST {ENDPOINT}/topics/momento-eventbridge-cache/momento-eventbridge-topic" in told
    assert '{"Location":"Oslo","MaxTemp":"21","MinTemp":"9","ChancesOfPrecipitation":"40"}' in told
    assert 'filtered out: eventName is "INSERT"; the filter wants "REMOVE"' in told
    assert 'the filter takes it: eventName is "INSERT"' in told
    assert '<- query ttl_seconds: $.dynamodb.NewImage.TTL.N gave "600"' in told
    assert "Authorization: ***" in told
    assert "! " not in told


def test_a_long_key_stays_on_its_line(tmp_path: Path, synthesized: Path) -> None:
    """A partition key has up to 2,048 bytes, and a line without a terminal 100 characters."""
    record = json.dumps({"eventName": "REMOVE", "dynamodb": {"Keys": {"Id": {"S": "x" * 2_048}}}})
    assert run(tmp_path, synthesized, record).startswith(f"REMOVE Id={'x' * 2_048}\n")


def test_a_body_that_is_not_json_is_marked(tmp_path: Path, synthesized: Path) -> None:
    text = json.dumps(INSERT).replace("Oslo", 'The \\"Loop\\"')
    assert "! the body is not JSON" in run(tmp_path, synthesized, text)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([INSERT, REMOVE]),
        json.dumps({"Records": [INSERT, REMOVE]}),
        f"{json.dumps(INSERT)}\n\n{json.dumps(REMOVE)}\n",
    ],
    ids=["list", "records", "lines"],
)
def test_several_records_come_in_any_of_the_usual_shapes(
    tmp_path: Path, synthesized: Path, text: str
) -> None:
    told = run(tmp_path, synthesized, text)
    assert "INSERT Location=Oslo" in told
    assert "REMOVE Location=Bergen" in told
    assert f"DELETE {ENDPOINT}/cache/momento-eventbridge-cache?key=Bergen" in told
    assert "one batch" not in told, "pipes have none"


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """Editors on Windows begin a file of UTF-8 with one."""
    events = tmp_path / "events.json"
    events.write_text(json.dumps(INSERT), encoding="utf-8-sig")
    assert read_records(str(events)) == [INSERT]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match=r"missing\.json cannot be read: No such file"):
        read_records(str(tmp_path / "missing.json"))


def test_a_pipe_to_a_bus_shows_its_event_and_each_rules_request(tmp_path: Path) -> None:
    """A rule that is disabled or does not match says so; another bus's rule is left out."""
    document = copy.deepcopy(DOCUMENT)
    resource = document["resource"]
    bus = resource["aws_cloudwatch_event_rule"]["put"]
    removed = {"name": "removed", "event_pattern": '{"detail":{"eventName":["REMOVE"]}}'}
    resource["aws_cloudwatch_event_rule"] |= {
        "removed": bus | removed,
        "off": bus | {"name": "off", "state": "DISABLED"},
        "other": bus | {"name": "other", "event_bus_name": "another"},
    }
    target = resource["aws_cloudwatch_event_target"]["put"]
    resource["aws_cloudwatch_event_target"] |= {
        name: {**target, "rule": name, "target_id": "t"} for name in ("removed", "off")
    }
    resource["aws_cloudwatch_event_target"]["other"] = {
        **target,
        "rule": "other",
        "event_bus_name": "another",
    }
    file = tmp_path / "cdk.tf.json"
    file.write_text(json.dumps(document))
    key = "$.dynamodb.Keys.Location.S"
    assert run(tmp_path, file, json.dumps(INSERT)).splitlines() == [
        "INSERT Location=Oslo",
        "  changes",
        "    event on weather",
        "    source weather, detail-type change",
        "    cache-put momento",
        '      the rule takes it: detail.eventName is "INSERT"',
        "      PUT https://cache.example/cache/weather?key=Oslo",
        "      X-Kind: weather",
        "      Content-Type: application/json; charset=utf-8",
        "      User-Agent: Amazon/EventBridge/ApiDestinations",
        "      Range: bytes=0-1048575",
        "      Accept-Encoding: gzip,deflate",
        "      Connection: close",
        "      Authorization: ***",
        '      {"Location":"Oslo"}',
        f'      <- query key: {key} ($.detail{key[1:]}) gave "Oslo"',
        f'      <- body: {key} (<loc>) gave "Oslo"',
        "      ! it has no ttl_seconds: Momento refuses the request with 400",
        "    off t",
        "      no request: the rule is DISABLED",
        "    removed t",
        '      filtered out: detail.eventName is "INSERT"; the rule wants "REMOVE"',
    ]


def changed(**attributes: object) -> str:
    record = copy.deepcopy(INSERT)
    change: dict[str, Any] = record["dynamodb"]  # type: ignore[assignment]
    change["NewImage"] |= attributes
    for name, value in attributes.items():
        if name in change["Keys"]:
            change["Keys"][name] = value
    return json.dumps(record)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        (changed(TTL={"N": "0"}), ["ttl_seconds is 0: Momento keeps"]),
        (changed(TTL={"N": "1795826861"}), ["it looks like a point in time"]),
        (changed(TTL={"S": "600"}), ["ttl_seconds is empty", "reads TTL as N, but in the record"]),
        (changed(Location={"S": ""}), ["key is empty: Momento refuses"]),
        (changed(MaxTemp={"S": "21"}), ["the template reads MaxTemp as N, but in the record it"]),
        (
            changed(Location={"S": "C:\\temp\\new"}),
            ['Location is "C:<tab>emp<line feed>ew", but in the record it is "C:\\temp\\new"'],
        ),
        (
            changed(Location={"S": 'Oslo","EventType":"REMOVE'}),
            ['the body has "EventType" 2 times', 'Location is "Oslo", but in the record it is'],
        ),
        (changed(Location={"S": "x" * 5000}), ["a topic accepts 4,096"]),
    ],
    ids=lambda given: str(given)[:40],
)
def test_what_is_odd_about_a_request_is_marked(
    tmp_path: Path, synthesized: Path, text: str, marks: list[str]
) -> None:
    told = [line for line in run(tmp_path, synthesized, text).splitlines() if "! " in line]
    for mark in marks:
        assert any(mark in line for line in told), told


def test_a_value_steers_no_terminal(tmp_path: Path, synthesized: Path) -> None:
    told = run(tmp_path, synthesized, changed(Location={"S": "\x1b[2J\x9b31m\u202ex[bold]"}))
    assert r"INSERT Location=\x1b[2J\x9b31m\u202ex[bold]" in told
    assert r'"Location":"\x1b[2J\x9b31m\u202ex[bold]"' in told
    assert not set(told) & {"\x1b", "\x9b", "\u202e"}


def test_an_account_that_keeps_items_longer_is_asked(tmp_path: Path, synthesized: Path) -> None:
    text = changed(TTL={"N": "604800"})
    assert "! " not in run(tmp_path, synthesized, text, max_ttl_seconds=604_800)


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the JSON of a stack with a workflow in a file."""
    file = tmp_path_factory.mktemp("workflow") / "cdk.tf.json"
    file.write_text(json.dumps(document()))
    return file


def version(number: int, key: str = "a") -> dict[str, Any]:
    """Return the record of an item's write."""
    item = {"Id": {"S": key}, "Version": {"N": str(number)}}
    return {
        "eventName": "INSERT",
        "dynamodb": {"Keys": {"Id": item["Id"]}, "NewImage": item, "SequenceNumber": str(number)},
    }


def test_a_workflow_s_requests_have_the_names_of_its_states(tmp_path: Path, workflow: Path) -> None:
    told = run(tmp_path, workflow, json.dumps(version(1)))
    assert told.index("Put the entry:") < told.index("PUT https://")
    assert told.index("PUT https://") < told.index("Publish the message:") < told.index("POST ")
    assert "one batch" not in told


def test_several_records_are_shown_as_one_batch_too(tmp_path: Path, workflow: Path) -> None:
    """Of an item's writes the last is put; every message is published."""
    records = [version(1), version(2), version(3, "b")]
    told = run(tmp_path, workflow, json.dumps(records)).partition("all 3 records in one batch")[2]
    assert "5 requests; one by one it would be 6" in told
    assert '"Version":"1"' not in told.replace(" ", "")
    assert told.count("PUT ") == 2
    assert told.count("POST ") == 3


def test_everything_is_there_for_scripts(workflow: Path, synthesized: Path) -> None:
    found = as_json([version(1), version(2)], workflow)
    (pipe,) = found["records"][0]["pipes"]
    assert [one["state"] for one in pipe["requests"]] == ["Put the entry", "Publish the message"]
    (batch,) = found["batches"]
    assert [one["method"] for one in batch["requests"]].count("PUT") == 1
    assert "***" in json.dumps(found)
    outcomes = {one["outcome"] for one in as_json([INSERT], synthesized)["records"][0]["pipes"]}
    assert outcomes == {"requests", "filtered"}


def test_a_pipe_s_answer_has_its_clauses_and_the_pieces_of_its_requests(
    synthesized: Path, workflow: Path
) -> None:
    """The key goes through several states of the workflow, and its place is known."""
    answers = {
        one["pipe"].partition("demo-")[2]: one
        for one in as_json([INSERT], synthesized)["records"][0]["pipes"]
    }
    refused = answers["cache-delete-pipe"]["explanation"]
    assert refused["matched"] is False
    (clause,) = refused["alternatives"][0]["clauses"]
    assert (clause["path"], clause["values"]) == (["eventName"], ["REMOVE"])
    assert clause["found"] == [{"value": "INSERT", "path": ["eventName"]}]
    (put,) = answers["cache-put-pipe"]["requests"]
    assert "".join(piece["text"] for piece in put["pieces"]["url"]) == put["url"]
    assert put["pieces"]["headers"]["Authorization"][0]["text"] == "***"
    (pipe,) = as_json([version(1, "an item")], workflow)["records"][0]["pipes"]
    (key,) = pipe["requests"][0]["pieces"]["query"][0]["pieces"]
    assert (key["text"], key["origin"]["expression"]) == ("an item", "$request.key")
    assert key["origin"]["path"] == ["dynamodb", "Keys", "Id", "S"]


def test_a_filter_that_refuses_in_several_ways_says_each(tmp_path: Path, synthesized: Path) -> None:
    document = json.loads(synthesized.read_text())
    criteria = [{"pattern": json.dumps({"$or": [{"a": ["x"]}, {"b": ["x"]}]})}]
    for one in document["resource"]["aws_pipes_pipe"].values():
        one["source_parameters"]["filter_criteria"] = {"filter": criteria}
    file = tmp_path / "cdk.tf.json"
    file.write_text(json.dumps(document))
    told = run(tmp_path, file, json.dumps(INSERT))
    assert '      alternative 1: a is absent; the filter wants "x"' in told
    criteria[0]["pattern"] = json.dumps({"$or": [{name: ["x"]} for name in "abcdefghijk"]})
    file.write_text(json.dumps(document))
    assert "      and 3 more" in run(tmp_path, file, json.dumps(INSERT))
