"""A table in memory that answers scans as Step Functions' SDK integration returns them."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from eventpipes.workflow import (
    Checkpoint,
    Execution,
    HttpAnswer,
    HttpCall,
    MapRun,
    StateMachine,
    TaskError,
)
from momento_pipes.bulk import each_segment
from momento_pipes.bulk.put_page import put_page
from momento_pipes.bulk_settings import BulkSettings
from momento_pipes.mapping import ItemMapping, Stream
from momento_pipes.workflow.entry import EntryRequests
from momento_pipes.workflow.requests import requests_of
from tests.momento_pipes.workflow.machine import CACHE, PARTS
from tests.momento_pipes.workflow.momento import InMemoryMomento

JAVA = {"BOOL": "Bool", "NULL": "Nul", "SS": "Ss", "NS": "Ns", "BS": "Bs"}
"""How the SDK for Java names types; Step Functions returns these names inside a map."""
STREAM_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/items/stream/1"


def as_java(value: Any) -> Any:
    """Return an attribute's value with the types as the SDK for Java names them."""
    ((type_, inner),) = value.items()
    if type_ == "M":
        return {"M": {name: as_java(one) for name, one in inner.items()}}
    if type_ == "L":
        return {"L": [as_java(one) for one in inner]}
    return {JAVA.get(type_, type_): inner}


@dataclass
class Bulk(InMemoryMomento):
    """A table, its two state machines for warm, and a Momento."""

    mapping: ItemMapping | None = None
    stream: Stream | None = None
    settings: BulkSettings = field(default_factory=lambda: BulkSettings(rate=50))
    items: list[dict[str, Any]] = field(default_factory=list)
    scans: list[Mapping[str, Any]] = field(default_factory=list)
    stretches: list[Any] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    failing_stretches: int = 0
    stretch_error: str = ""
    """How the failing stretches fail."""
    ends_after: float = 1_000.0
    """After so many seconds a call ends early, and its stretch goes on without it."""
    sent_at: list[datetime] = field(default_factory=list)
    seconds: float = 0.0
    """How long Momento takes for a request."""

    def __post_init__(self) -> None:
        assert self.mapping is not None
        assert self.stream is not None
        requests = requests_of([self.mapping], self.stream, CACHE)
        entries = [each for each in requests if isinstance(each, EntryRequests)]
        text = put_page(
            entries,
            self.stream,
            PARTS,
            table="items",
            stream_arn=STREAM_ARN,
            region="us-east-1",
            settings=self.settings,
        )
        self.page = StateMachine.parse(text)
        self.warm_text = each_segment.warm(
            page_machine_arn="arn:aws:states:us-east-1:1:stateMachine:put",
            bucket="results",
            settings=self.settings,
        )
        self.warm = StateMachine.parse(self.warm_text)

    def run(self, segments: int, checkpoint: Checkpoint | None = None) -> Execution:
        """Warm the cache from this table."""
        running = self.warm.run(
            {"segments": segments},
            self,
            name="one",
            arn="arn:aws:states:us-east-1:1:stateMachine:warm",
            checkpoint=checkpoint or Checkpoint(),
        )
        return asyncio.run(running)

    async def call(self, arn: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ASYNC109 - as Services has it
        """Scan the table, or run a stretch."""
        assert timeout
        if arn.endswith("scan"):
            return self._scan(arguments)
        given = json.loads(arguments["Input"])
        self.stretches.append(given)
        if self.failing_stretches:
            self.failing_stretches -= 1
            return {"Status": "FAILED", "Error": self.stretch_error, "Cause": "no"}
        ends = self.time + timedelta(seconds=self.ends_after)
        execution = await self.page.run(given, self, name="page", arn=arguments["StateMachineArn"])
        if self.time > ends:
            self.time = ends
            raise TaskError("Sfn.SdkClientException", "no answer in time")
        answer = {"Status": execution.status}
        if execution.status == "SUCCEEDED":
            return answer | {"Output": json.dumps(execution.output)}
        return answer | {"Error": execution.error or "", "Cause": execution.cause or ""}

    async def http(self, call: HttpCall) -> HttpAnswer:
        """Take as long as Momento takes."""
        self.time += timedelta(seconds=self.seconds)
        self.sent_at.append(self.time)
        return await super().http(call)

    def _scan(self, asked: Mapping[str, Any]) -> Any:
        self.scans.append(asked)
        assert asked["ConsistentRead"] is True
        own = [
            item
            for at, item in enumerate(self.items)
            if at % asked["TotalSegments"] == asked["Segment"]
        ]
        start = asked.get("ExclusiveStartKey")
        begin = 0 if start is None else [one["Id"] for one in own].index(start["Id"]) + 1
        page = own[begin : begin + asked["Limit"]]
        names = set(asked.get("ExpressionAttributeNames", {}).values())
        found = [{k: v for k, v in one.items() if not names or k in names} for one in page]
        answer = {
            "Count": len(found),
            "Items": [{k: as_java(v) for k, v in one.items()} for one in found],
        }
        if page and begin + len(page) < len(own):
            answer["LastEvaluatedKey"] = {"Id": page[-1]["Id"]}
        return answer

    async def write_object(self, bucket: str, key: str, content: bytes) -> None:
        """Keep a result."""
        assert bucket == "results"
        self.objects[key] = content

    def map_run(self, run: MapRun) -> None:
        """Keep what DescribeMapRun would answer."""
        self.runs.append(run.described())

    @property
    def failures(self) -> list[str]:
        """Why segments failed."""
        return [
            one["Cause"]
            for key, content in self.objects.items()
            if "FAILED_" in key
            for one in json.loads(content)
        ]

    @property
    def results(self) -> list[Any]:
        """The outputs of all segments."""
        found = []
        for key, content in self.objects.items():
            if "SUCCEEDED_" in key:
                found += [json.loads(one["Output"]) for one in json.loads(content)]
        return found
