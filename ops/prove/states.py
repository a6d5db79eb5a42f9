"""Ask Step Functions' TestState about the states of a workflow, and compare its answers.

The states are those that an execution enters when it gets the awkward records, as the engine runs
it. TestState has no execution, and reads the clock: what a state reads of both is made constant,
for AWS and for the engine.

See AWS: "Using TestState API to test a state in Step Functions", whose example shows the form of
the raw request.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from eventpipes import Request
from eventpipes.definition_states import definition_states
from eventpipes.momento import refusals, sent
from eventpipes.workflow import HttpCall, StateMachine
from eventpipes.workflow.single_state import SingleState, run_state, visits
from eventpipes.workflow.trial import requests_of
from live.aws import asking_aws
from live.body import same_body
from ops.prove.comparison import Agreement, ComparedAnswer

AREA: Final = "workflow states"
MOST: Final = 8
"""Questions about one state."""
ASKED: Final = ("Pass", "Choice", "Task")
_HTTP: Final = "arn:aws:states:::http:invoke"
_MILLIS: Final = 1_800_000_000_000
_CONSTANTS: Final = {
    "$millis()": str(_MILLIS),
    "$states.context.Execution.StartTime": '\\"2027-01-15T08:00:00Z\\"',
}
_ELSEWHERE: Final = re.compile(r"\$states\.context|\$now\(|\$random\(|\$uuid\(")
_HEADER: Final = re.compile(r"(?:^|, )([A-Za-z0-9-]+): ")
_NOT_COMPARED: Final = ("authorization", "host", "x-amzn-trace-id")

Question = dict[str, Any]
"""A state with its input and variables, as JSON values; later, the answer."""


def questions(
    name: str, definition: str, batches: Mapping[str, Sequence[Any]], *, region: str
) -> Iterator[Question]:
    """Yield the questions about a state machine that gets these batches of records, by name."""
    states = _states(definition)
    machine = StateMachine.parse(definition)
    asked: Counter[str] = Counter()
    seen = set()
    for what, records in batches.items():
        for visit in visits(requests_of(machine, records).execution.history):
            state = states.get(visit.state)
            if state is None or asked[visit.state] >= MOST:
                continue
            mark = json.dumps([visit.state, visit.input, visit.variables], sort_keys=True)
            if mark in seen:
                continue
            seen.add(mark)
            question = {
                "behaviour": "HTTP requests" if state["Type"] == "Task" else state["Type"],
                "name": f"{name}, {visit.state}: {what}",
                "definition": state,
                "input": visit.input,
                "variables": visit.variables,
                "region": region,
            }
            if not _is_refused(question):
                asked[visit.state] += 1
                yield question


def ask(client: Any, role: str, question: Question) -> Question:  # noqa: ANN401 - a boto3 client
    """Return the question with AWS's answer, or with AWS's error."""
    with asking_aws():
        try:
            answer = client.test_state(
                definition=json.dumps(question["definition"], ensure_ascii=False),
                roleArn=role,
                input=json.dumps(question["input"], ensure_ascii=False),
                variables=json.dumps(question["variables"], ensure_ascii=False),
                inspectionLevel="TRACE",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("InvalidDefinition", "ValidationException"):
                raise
            return {**question, "answer": {"refused": str(error)}}
    inspected = answer.get("inspectionData", {})
    answered = {
        "status": answer["status"],
        "next": answer.get("nextState"),
        "output": _json(answer.get("output")),
        "variables": _json(inspected.get("variables")),
        "request": inspected.get("request"),
        "status_code": inspected.get("response", {}).get("statusCode"),
        "error": answer.get("error"),
        "cause": answer.get("cause"),
    }
    return {
        **question,
        "answer": {name: part for name, part in answered.items() if part is not None},
    }


def comparison(question: Question) -> ComparedAnswer:
    """Compare an answer with the engine's: the next state, variables, output and the request."""
    answer = question["answer"]
    predicted = _predicted(question)
    parts = dict(_differences(predicted, answer))
    return ComparedAnswer(
        area=AREA,
        behaviour=question["behaviour"],
        name=question["name"],
        agreement=Agreement.DIFFER if parts else Agreement.AGREE,
        predicted="; ".join(f"{name}: {wanted}" for name, (wanted, _) in parts.items()),
        answered="; ".join(f"{name}: {came}" for name, (_, came) in parts.items()),
    )


def _differences(
    predicted: SingleState, answer: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield what differs, with both sides as text."""
    if "refused" in answer:
        yield "definition", ("accepted", answer["refused"])
        return
    if predicted.error is not None:
        if answer.get("error") != predicted.error:
            yield "error", (predicted.error, str(answer.get("error")))
        return
    plain = {"next": predicted.next, "output": predicted.output}
    if "variables" in answer:
        plain["variables"] = predicted.variables
    for name, value in plain.items():
        if not _same(value, answer.get(name)):
            yield name, (_shown(value), _shown(answer.get(name)))
    if predicted.call is not None:
        yield from _other_request(predicted.call, answer.get("request") or {})


def _other_request(
    call: HttpCall, request: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    sent_to = f"{request.get('method')} {request.get('url')}"
    if f"{call.method} {call.url}" != sent_to:
        yield "request", (f"{call.method} {call.url}", sent_to)
    if not same_body(call.body.encode(), request.get("body", "").encode()):
        yield "body", (call.body, str(request.get("body")))
    predicted, came = _lowered(call.headers), headers_of(request.get("headers", ""))
    if predicted != came:
        yield "headers", (_shown(predicted), _shown(came))


def _is_refused(question: Question) -> bool:
    """Return whether Momento refuses the request. The deliveries show the next steps."""
    call = _predicted(question).call
    if call is None:
        return False
    return any(refusals(sent(Request(call.method, call.url, call.headers, call.body))))


def _predicted(question: Question) -> SingleState:
    return run_state(
        question["definition"],
        question["input"],
        question["variables"],
        region=question["region"],
    )


def headers_of(text: str) -> dict[str, str]:
    """Return the headers of a raw request, without those that no definition names.

    >>> headers_of("[Content-Type: application/json, Range: bytes=0-262144]")
    {'content-type': 'application/json', 'range': 'bytes=0-262144'}
    """
    _, *parts = _HEADER.split(text.removeprefix("[").removesuffix("]"))
    return _lowered(dict(zip(parts[::2], parts[1::2], strict=True)))


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    lowered = {name.lower(): text for name, text in sorted(headers.items())}
    return {name: text for name, text in lowered.items() if name not in _NOT_COMPARED}


def _states(definition: str) -> dict[str, dict[str, Any]]:
    """Return the states to ask about by name, including those of a Map."""
    states: dict[str, dict[str, Any]] = {}
    for name, state in definition_states(json.loads(definition)):
        if state["Type"] in ASKED and state.get("Resource", _HTTP) == _HTTP:
            text = json.dumps(state, ensure_ascii=False)
            for read, constant in _CONSTANTS.items():
                text = text.replace(read, constant)
            if not _ELSEWHERE.search(text):
                states[name] = {"QueryLanguage": "JSONata", **json.loads(text)}
    return states


def _same(predicted: object, answered: object) -> bool:
    return same_body(json.dumps(predicted).encode(), json.dumps(answered).encode())


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _json(text: str | None) -> Any:  # noqa: ANN401 - any JSON
    return None if text is None else json.loads(text)
