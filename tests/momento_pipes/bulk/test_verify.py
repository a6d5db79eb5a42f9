"""Verify with a distributed Map: what a child does with the results of the function."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eventpipes.workflow import Checkpoint, Execution, StateMachine, TaskError
from live.bulk.comparison import ComparedPart
from live.entry_state import STALE
from momento_pipes.bulk import each_segment
from momento_pipes.bulk_settings import MOST_VERIFY_CHILDREN, BulkSettings
from tests.momento_pipes.workflow.momento import InMemoryMomento

STATES_LIMIT = 262_144


@dataclass
class Compared(InMemoryMomento):
    """A verify machine whose function answers with these parts or errors, in turn."""

    answers: list[ComparedPart | str] = field(default_factory=list)
    calls_of_function: list[Any] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)

    def run(self) -> Execution:
        """Compare one segment."""
        text = each_segment.verify(
            function_arn="arn:aws:lambda:us-east-1:1:function:verify",
            bucket="results",
            settings=BulkSettings(rate=50),
        )
        machine = StateMachine.parse(text)
        arn = "arn:aws:states:us-east-1:1:stateMachine:verify"
        running = machine.run({"segments": 1}, self, name="one", arn=arn, checkpoint=Checkpoint())
        return asyncio.run(running)

    async def call(self, arn: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ASYNC109 - as Services has it
        """Answer as the function."""
        assert (arn.endswith("lambda:invoke"), timeout > 0) == (True, True)
        self.calls_of_function.append(arguments["Payload"])
        answer = self.answers[min(len(self.calls_of_function), len(self.answers)) - 1]
        if isinstance(answer, str):
            raise TaskError(answer, "because")
        return {"Payload": answer.as_json(), "StatusCode": 200}

    async def write_object(self, bucket: str, key: str, content: bytes) -> None:
        """Keep a result."""
        assert bucket == "results"
        self.objects[key] = content

    @property
    def result(self) -> Any:
        """The output of the segment."""
        (content,) = [one for key, one in self.objects.items() if "SUCCEEDED_" in key]
        return json.loads(json.loads(content)[0]["Output"])


def stale(*, ends: bool, letter: str = "k") -> ComparedPart:
    """Return a stretch in which 200 keys of 2 KB are stale."""
    part = ComparedPart(None if ends else {"Id": {"S": "next"}})
    for at in range(200):
        part.note(STALE, {"Id": {"S": f"{at:04}{letter * (2_000 // len(letter.encode()))}"}})
    return part


def test_long_wrong_keys_fit_into_a_states_data() -> None:
    stretches = [stale(ends=False, letter="kä"[at % 2]) for at in range(11)]
    compared = Compared(answers=[*stretches, stale(ends=True)])
    execution = compared.run()
    assert execution.status == "SUCCEEDED", execution.cause
    result = compared.result
    assert result["stale"] == 2_400, "the counts have all of them"
    assert 50 < len(result["wrong"]) < 200
    assert len(json.dumps(result, ensure_ascii=False).encode()) < STATES_LIMIT


def test_a_result_of_the_function_fits_into_a_states_data() -> None:
    for letter in ("k", "ä", "\u0001"):
        part = stale(ends=True, letter=letter)
        assert part.wrong
        assert len(json.dumps(part.as_json()).encode()) < STATES_LIMIT


def test_short_wrong_keys_are_named_up_to_the_number() -> None:
    part = ComparedPart({"Id": {"S": "next"}})
    for at in range(150):
        part.note(STALE, {"Id": {"S": str(at)}})
    last = ComparedPart(None, wrong=part.wrong, counts=part.counts)
    compared = Compared(answers=[part, last])
    assert compared.run().status == "SUCCEEDED"
    assert [one["key"]["Id"]["S"] for one in compared.result["wrong"][149:152]] == ["149", "0", "1"]
    assert len(compared.result["wrong"]) == 200


def test_a_function_without_what_it_needs_is_called_once() -> None:
    compared = Compared(answers=["WatchError"])
    assert compared.run().status == "FAILED"
    assert len(compared.calls_of_function) == 1


def test_a_busy_account_is_waited_for() -> None:
    compared = Compared(answers=[*["Lambda.TooManyRequestsException"] * 30, ComparedPart(None)])
    before = compared.time
    assert compared.run().status == "SUCCEEDED"
    assert (compared.time - before).total_seconds() > 300


def test_no_rate_takes_all_of_an_accounts_functions() -> None:
    definition = json.loads(
        each_segment.verify(
            function_arn="arn", bucket="results", settings=BulkSettings(rate=1_000_000)
        )
    )
    assert definition["States"]["Each segment"]["MaxConcurrency"] == MOST_VERIFY_CHILDREN


def test_a_function_that_ran_too_long_is_called_for_half_the_time() -> None:
    compared = Compared(answers=["Sandbox.Timedout", ComparedPart(None)])
    assert compared.run().status == "SUCCEEDED"
    assert [one["seconds"] for one in compared.calls_of_function] == [40, 20]


def test_a_segment_that_cannot_be_compared_fails() -> None:
    part = ComparedPart({"Id": {"S": "next"}})
    for at in range(30):
        part.note("unknown", {"Id": {"S": str(at)}}, "x" * 1_000)
    compared = Compared(answers=[part])
    assert compared.run().status == "FAILED"
    assert len(compared.calls_of_function) == 1
