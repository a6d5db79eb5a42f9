"""The results of a run are read part by part, explained, and repaired."""

import io
import json
import threading
from collections.abc import Container, Iterator, Mapping
from contextlib import redirect_stdout
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live.converge import Converger
from live.items import Item
from live.momento.client import RefusedError
from live.undelivered import UndeliveredRecords
from ops.capacity.bulk import RunKind
from ops.shared.bulk.map_runs import SUCCEEDED, MapRunProgress
from ops.shared.bulk.pace import Pace
from ops.shared.bulk.repair import repair
from ops.shared.bulk.results import RunFiles, SegmentTotals, objects
from ops.shared.bulk.summary import BulkSummary, show
from ops.shared.repair.report import MOST_DESCRIBED
from tests.each import each

NAMED = 200
"""The wrong keys that a segment names."""


class Bucket:
    """A client of S3 with objects in memory."""

    def __init__(self, **files: list[Any]) -> None:
        names = {status: f"results/id/{status}_0.json" for status in files}
        self.objects = {names[status]: json.dumps(files[status]) for status in files}
        listed = {status: [{"Key": name}] for status, name in names.items()}
        self.objects["results/id/manifest.json"] = json.dumps({"ResultFiles": listed})

    def get_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803 - AWS's names
        """Return an object."""
        assert Bucket == "the-bucket"
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key].encode())}


def files(**children: list[Any]) -> RunFiles:
    """Return the files of a run, with children by their status."""
    return RunFiles(Bucket(**children), "the-bucket", "id")


def segment(number: int, wrong: int) -> dict[str, str]:
    """Return a child that has found so many wrong keys, and names some of them."""
    named = [
        {"state": "missing", "key": {"Id": {"S": f"{number} {at}"}}, "why": ""}
        for at in range(min(wrong, NAMED))
    ]
    return {"Output": json.dumps({"segment": number, "missing": wrong, "wrong": named})}


def summary_of(run: RunFiles, **options: Any) -> BulkSummary:
    """Return the summary of a verify run."""
    return BulkSummary(RunKind.VERIFY, SUCCEEDED, SegmentTotals.of(run), "arn", **options)


class Repairs(Converger):
    """Repairs every key but some; it may stop after one."""

    def __init__(self, refused: str = "", stop: threading.Event | None = None) -> None:
        self.keys: list[Item] = []
        self._refused = refused
        self.stop = stop

    def converge(self, key: Item, *_: Any, **__: Any) -> Any:
        """Note a key."""
        if key["Id"]["S"] == self._refused:
            raise RefusedError("HTTP 400")
        self.keys.append(key)
        if self.stop is not None:
            self.stop.set()


class Undelivered(UndeliveredRecords):
    """The records of these keys may still be delivered; or the stream cannot be read."""

    def __init__(self, *names: str, readable: bool = True) -> None:
        self._names = names
        self._readable = readable

    def until(
        self, keys: Container[str] | None = None, *, places: Mapping[str, str] | None = None
    ) -> dict[str, float]:
        """Return those of the keys that are asked for."""
        del places
        if not self._readable:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "DescribeStream")
        return {name: 1.0 for name in self._names if keys is not None and name in keys}


def wrong(segments: int, keys: int = NAMED) -> RunFiles:
    """Return the files of a run with so many segments, each with so many wrong keys."""
    return files(SUCCEEDED=[segment(number, keys) for number in range(segments)])


def repaired(
    run: RunFiles, repairs: Repairs, undelivered: Undelivered | None = None
) -> tuple[BulkSummary, int]:
    """Repair; return the summary and how many keys were told."""
    summary = summary_of(run, asked_to_repair=True)
    told: list[int] = []
    repair(
        summary,
        run,
        repairs,
        undelivered=undelivered or Undelivered(),
        stop=repairs.stop or threading.Event(),
        tell=lambda: told.append(1),
    )
    return summary, len(told)


def shown(summary: BulkSummary) -> str:
    """Return what is printed for it."""
    with redirect_stdout(io.StringIO()) as out:
        show(summary)
    return out.getvalue()


@each(size=[1, 2, 3, 7, 1_000])
def test_an_array_is_read_in_parts_of_any_size(size: int) -> None:
    values = [{"a": 'x"]}\\ é€😀'}, {}, {"b": [1, {"c": None}]}]
    text = json.dumps(values, ensure_ascii=False, indent=1).encode()
    assert list(objects(text[at : at + size] for at in range(0, len(text), size))) == values


def test_only_the_object_that_is_read_is_in_memory() -> None:
    given = 0

    def parts() -> Iterator[bytes]:
        nonlocal given
        yield b"["
        for given in range(1, 1_000):  # noqa: B007 - the test looks at it
            yield b'{"a": 1},'

    found = objects(parts())
    next(found)
    assert given == 1


def test_an_array_that_is_cut_off_is_an_error() -> None:
    with pytest.raises(ValueError, match="cut off"):
        list(objects([b'[{"a": 1}, {"b']))


def test_a_run_without_results_has_none() -> None:
    assert SegmentTotals.of(RunFiles(Bucket(), "the-bucket", "another")) == SegmentTotals()


def test_wrong_keys_are_told_in_one_order() -> None:
    run = files(SUCCEEDED=[segment(number, 2) for number in (2, 0, 1)])
    keys = [one.key for one in SegmentTotals.of(run).wrong]
    assert keys == ["0 0", "0 1", "1 0", "1 1", "2 0", "2 1"]


def test_every_named_key_is_repaired_though_not_all_are_described() -> None:
    """60 segments name 200 each; the summary describes 10,000 of the 12,000."""
    repairs = Repairs()
    summary, told = repaired(wrong(60), repairs, Undelivered("59 199"))
    assert told == len({key["Id"]["S"] for key in repairs.keys}) == 60 * NAMED
    assert len(summary.results.wrong) == MOST_DESCRIBED
    assert all(one["repaired"] for one in summary.as_json()["findings"])
    assert summary.complete
    assert summary.not_final == 1, "though it is not described"


@each(
    ("undelivered", "not_final", "named"),
    [
        (Undelivered(), 0, set()),
        (Undelivered("0 0", "0 1", "another"), 1, {"0 0"}),
        (Undelivered(readable=False), 2, {"0 0", "0 2"}),
    ],
)
def test_a_repaired_key_is_called_so_and_is_not_final_if_a_pipe_may_overwrite_it(
    undelivered: Undelivered, not_final: int, named: set[str]
) -> None:
    """The pipe may deliver a record of 0 1, too, but this key was not repaired."""
    summary, _ = repaired(wrong(1, 3), Repairs(refused="0 1"), undelivered)
    told = summary.as_json()
    assert told["may_not_be_final"] == not_final
    assert {one["key"] for one in told["findings"] if not one["final"]} == named
    said = shown(summary)
    for name in ("0 0", "0 2"):
        assert f"missing: {name} - repaired{', may' if name in named else chr(10)}" in said
    assert "missing: 0 1\n" in said
    assert "problem: 0 1: HTTP 400\n" in said
    assert "2 of 3 wrong keys were repaired." in said
    assert ("./help.sh verify --on-aws --repair looks again" in said) == bool(not_final)
    assert not summary.complete


def test_keys_that_no_segment_names_need_another_run() -> None:
    said = shown(repaired(wrong(1, 500), Repairs())[0])
    assert "200 of 500 wrong keys were repaired." in said
    assert "name at most 200 keys of each segment" in said
    assert "run ./help.sh verify --on-aws --repair" in said
    assert "add --repair" not in said


def test_ctrl_c_ends_a_repair_and_the_rest_is_reported() -> None:
    summary, told = repaired(wrong(20), Repairs(stop=threading.Event()))
    assert 0 < told == summary.repaired < 100
    assert summary.problems[-1].endswith("not repaired: the command was interrupted")
    assert not summary.complete


def test_old_results_are_called_old_and_say_how_to_repair() -> None:
    summary = summary_of(wrong(1, 1), ended_ago=10_800.0)
    said = shown(summary)
    assert "The run ended 3.0 h ago." in said
    assert "leave --resume out" in said
    assert "run ./help.sh verify --on-aws --resume --repair" in said
    assert summary.as_json()["ended_seconds_ago"] == 10_800


@each(seconds=[None, 2.0])
def test_the_rate_is_said_only_if_it_is_known(seconds: float | None) -> None:
    run = files(SUCCEEDED=[{"Output": json.dumps({"segment": 0, "in_sync": 10})}])
    said = shown(summary_of(run, seconds=seconds))
    assert said == f"1 segments: 10 in sync{'' if seconds is None else '; 2 s, 5 items/s'}\n"


def test_a_failed_call_of_the_function_is_explained() -> None:
    """Children that fail for the same reason are said once."""
    cause = {"errorMessage": "HTTP 401: run ./help.sh key create", "errorType": "WatchError"}
    failed = {"Error": "WatchError", "Cause": json.dumps(cause)}
    late = {"Error": "Sandbox.Timedout", "Cause": json.dumps({"errorMessage": "after 120 s"})}
    found = SegmentTotals.of(files(FAILED=[failed, failed, late], SUCCEEDED=[]))
    assert found.failures == [
        "HTTP 401: run ./help.sh key create",
        "the function failed with Sandbox.Timedout: after 120 s; its log group has more",
    ]


def test_the_pace_counts_what_is_done_since_the_first_look() -> None:
    times = iter([0.0, 0.0, 10.0, 20.0, 30.0])
    pace = Pace(1_000, clock=lambda: next(times))
    assert pace.text(MapRunProgress(90, 0, 100)) == ""
    assert pace.text(MapRunProgress(90, 0, 100)) == ""
    assert pace.text(MapRunProgress(94, 0, 100)) == ", about 2 items/s"


def test_a_run_that_had_ended_has_no_pace() -> None:
    pace = Pace(1_000)
    assert [pace.text(MapRunProgress(4, 0, 4)) for _ in range(3)] == [""] * 3
