"""A workflow sends what pipes and a bus send, and more where pipes cannot do what is right."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

import eventpipes
from eventpipes import Request
from eventpipes.workflow import HttpCall, StateMachine
from eventpipes.workflow.trial import requests_of
from momento_pipes.workflow.definition import definition
from momento_pipes.workflow.filters import filters_of
from momento_pipes.workflow.requests import requests_of as compile_requests
from tests.eventpipes.reproducibly import reproducibly
from tests.momento_pipes.mapping.lives import Oracle, changes
from tests.momento_pipes.mapping.test_lives import Case, Momento, cases
from tests.momento_pipes.workflow.machine import PARTS


def machine_of(case: Case) -> StateMachine:
    """Return the state machine of a case."""
    requests = compile_requests([case.mapping], case.stream, "shop")
    return StateMachine.parse(definition(requests, case.stream, PARTS))


def identified(record: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return a record with what a stream adds to it."""
    return {"eventID": str(number), **record}


def comparable(method: str, url: str, body: str) -> tuple[str, str, tuple[Any, ...], str]:
    """Return a request so that equal JSON is equal."""
    parts = urlsplit(url)
    query = tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return method, parts.path, query, json.dumps(json.loads(body), sort_keys=True)


def of_call(call: HttpCall) -> tuple[str, str, tuple[Any, ...], str]:
    """Return a workflow's request for a comparison."""
    return comparable(call.method, call.url, call.body)


@given(cases())
@reproducibly(60)
def test_each_request_of_pipes_is_sent_and_only_deletes_are_added(case: Case) -> None:
    machine, images = machine_of(case), tuple(case.stream.view.images)
    filters = [*map(eventpipes.compile, filters_of([case.mapping], case.stream, "shop"))]
    for number, (change, _) in enumerate(changes(case.writes, case.names)):
        record = identified(change.record(case.names, images), number)
        outcomes = case.mapping.outcomes(record, case.stream, "shop").values()
        by_pipes = {
            comparable(one.method, one.url, one.body)
            for one in outcomes
            if isinstance(one, Request)
        }
        trial = requests_of(machine, [record])
        by_workflow = {of_call(call) for call in trial.calls}
        assert not trial.letters
        assert by_pipes <= by_workflow
        assert {method for method, *_ in by_workflow - by_pipes} <= {"DELETE"}
        if by_workflow and filters:
            assert any(one.matches(record) for one in filters)


@given(cases(), st.integers(1, 12))
@reproducibly(30)
def test_cache_has_exactly_the_items_that_match(case: Case, size: int) -> None:
    """Nothing is left over, in batches of any size; a batch sends each entry once at most."""
    machine, images, momento = machine_of(case), tuple(case.stream.view.images), Momento()
    conditions = [clause.condition for clause in case.clauses]
    oracle = Oracle(case.key_of, case.value_of, conditions, apart=case.apart)
    lived = list(changes(case.writes, case.names))
    records = [
        identified(change.record(case.names, images), number)
        for number, (change, _) in enumerate(lived)
    ]
    for begin in range(0, len(records), size):
        trial = requests_of(machine, records[begin : begin + size])
        assert trial.execution.output == {"batchItemFailures": []}
        entries = [call.url.partition("?")[2].partition("&")[0] for call in trial.calls]
        cached = [entry for entry in entries if entry]
        assert len(cached) == len(set(cached))
        for call in trial.calls:
            momento.send(Request(call.method, call.url, {}, call.body))
    table = lived[-1][1] if lived else {}
    assert momento.cache == {str(k): v for k, v in oracle.expected(table).items()}
