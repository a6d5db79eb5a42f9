"""The model of `--estimate` says what a run on the local cloud really does."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import ops.shared.bulk.command
import ops.shared.bulk.recheck
from eventpipes.workflow.map_run import CountedTrail
from eventpipes.workflow.sdk_task import SCAN
from localcloud.workflows.execution_services import ExecutionServices
from momento_pipes.bulk import each_segment, put_page
from momento_pipes.bulk_settings import BulkSettings
from ops.capacity import bulk
from ops.capacity.bulk import BulkLoad, RunKind
from tests.localcloud.bulk_cloud import BulkCloud
from tests.localcloud.calls import recorded
from tests.localcloud.recording import recording
from tests.ops.capacity.test_bulk_model import far_from

pytestmark = pytest.mark.slow

COUNT = 220
RATE = 400
SEGMENTS = 2
STRETCH_SECONDS = 0.5
"""A call ends after its first page, so that each segment has several calls in a short run."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Shorten the stretches, and count what leaves no trace in the cloud."""
    for module in (bulk, each_segment, put_page):
        monkeypatch.setattr(module, "STRETCH_SECONDS", STRETCH_SECONDS)
    monkeypatch.setattr(bulk, "MOST_SEGMENTS", SEGMENTS)
    monkeypatch.setattr(ops.shared.bulk.command, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(ops.shared.bulk.recheck, "BEFORE_SECONDS", 1)  # less beside the run
    made: Counter[str] = Counter()
    call, note = ExecutionServices.call, CountedTrail.note

    async def called(self: ExecutionServices, arn: str, arguments: Any, timeout: float) -> Any:  # noqa: ASYNC109 - as Services has it
        made["calls"] += arn != SCAN
        return await call(self, arn, arguments, timeout)

    def noted(self: CountedTrail, kind: str, **details: object) -> datetime:
        is_standard = self._most is not None
        made["states"] += is_standard and kind.endswith("StateEntered")
        return note(self, kind, **details)

    monkeypatch.setattr(ExecutionServices, "call", called)
    monkeypatch.setattr(CountedTrail, "note", noted)
    return made


def is_of_run(kind: RunKind, headers: Mapping[str, str]) -> bool:
    """Return whether an HTTP Task sent a request; the function of verify has its own process."""
    return kind is RunKind.VERIFY or "StepFunctions" in headers.get("user-agent", "")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the file that calls of AWS are recorded in."""
    return tmp_path / "calls.jsonl"


@pytest.fixture
def cloud(file: Path, calls: Counter[str]) -> Iterator[BulkCloud]:
    """Return a deployed stack with some items and an empty cache."""
    assert not calls
    settings = {"BULK_RATE": str(RATE), "MOMENTO_CACHE_OPERATIONS_PER_SECOND": str(2 * RATE)}
    with recording(file) as aws, BulkCloud(aws, settings=settings) as running:
        running.fill(COUNT)
        running.run_all()
        yield running


def test_a_run_does_what_the_model_says(
    cloud: BulkCloud, calls: Counter[str], file: Path, tmp_path: Path
) -> None:
    """Warm and then verify: Momento's requests, children, scans, calls, state transitions.

    The command's own requests, about keys that were written shortly before, are not the run's.

    AWS counts a transition for each child that is started, and one for each state that a Standard
    execution enters ("Transitions in state machines"). The run itself starts and enters its Map.
    """
    for kind, method in ((RunKind.WARM, "PUT"), (RunKind.VERIFY, "GET")):
        calls.clear()
        cloud.arrivals.clear()
        file.unlink()
        done = cloud.command(kind.value, "--on-aws", "--yes", "--json", folder=tmp_path, code=0)
        children = json.loads(done.stdout)["segments"]
        counted = {
            "momento_requests": sum(
                one.method == method and is_of_run(kind, one.headers) for one in cloud.arrivals
            ),
            "children": children,
            "scans": sum(one.action == "dynamodb:Scan" for one in recorded(file)),
            "calls": calls["calls"],
            "state_transitions": 2 + children + calls["states"],
        }
        load = BulkLoad(kind=kind, items=COUNT, item_bytes=30, settings=BulkSettings(rate=RATE))
        assert load.segments == SEGMENTS
        assert load.segment_pages > 1
        assert far_from(load, counted) == {}
