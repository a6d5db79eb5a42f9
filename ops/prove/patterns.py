"""Ask EventBridge's TestEventPattern about filter patterns, and compare its answers.

The cases are in the folder `pattern_cases` beside this file, one file for each kind of behaviour.
They are the engine's own tests, too. The filters of the conformance stack are asked about with
records.

See AWS: EventBridge API, "TestEventPattern".
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

import eventpipes
from eventpipes import EventPipesError
from live.aws import asking_aws
from ops.prove.comparison import Agreement, ComparedAnswer

CASES: Final = Path(__file__).parent / "pattern_cases"
AREA: Final = "filter patterns"
REFUSED: Final = "refused"
LONGEST: Final = 4_096
"""Characters of a pattern that TestEventPattern takes."""
REFUSALS: Final = ("InvalidEventPatternException", "ValidationException")
ASKING: Final = 4
"""Questions at the same time."""
_ENVELOPE: Final = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "DynamoDB Stream Record",
    "source": "conformance",
    "account": "123456789012",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
}

Question = dict[str, Any]
"""A pattern and an event as text, with a name; later, the answer."""


def of_cases() -> Iterator[Question]:
    """Yield a question for each case: pattern and event are put below `detail`."""
    for file in sorted(CASES.glob("*.json")):
        for case in json.loads(file.read_text(encoding="utf-8"))["cases"]:
            pattern = _text(case["pattern"])
            yield _question(
                file.stem.replace("_", " "), case["name"], pattern, case.get("event", {})
            )


def of_filter(
    name: str, pattern: str, records: Mapping[str, Mapping[str, Any]], *, source: str = ""
) -> Iterator[Question]:
    """Yield a question for a filter of a pipe and each record, by name.

    With a `source`, it is the pattern of a rule, about events of this source.
    """
    behaviour = (
        "the patterns of the stack's rules" if source else "the filters of the stack's pipes"
    )
    for what, record in records.items():
        question = _question(behaviour, f"{name}: {what}", pattern, record)
        if source:
            event = {**_ENVELOPE, "source": source, "detail": record}
            question |= {"pattern": pattern, "event": json.dumps(event, ensure_ascii=False)}
        if len(question["pattern"]) <= LONGEST:
            yield question


def ask(client: Any, question: Question) -> Question:  # noqa: ANN401 - a boto3 client
    """Return the question with AWS's answer: true, false or refused."""
    with asking_aws():
        try:
            answer = client.test_event_pattern(
                EventPattern=question["pattern"], Event=question["event"]
            )["Result"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in REFUSALS:
                raise
            answer = REFUSED
    return {**question, "answer": answer}


def ask_all(
    client: Any,  # noqa: ANN401 - a boto3 client
    questions: Iterable[Question],
    progress: Callable[[], None],
) -> list[Question]:
    """Return the questions with their answers, in their order."""

    def ask_one(question: Question) -> Question:
        answered = ask(client, question)
        progress()
        return answered

    with ThreadPoolExecutor(max_workers=ASKING) as pool:
        return list(pool.map(ask_one, questions))


def comparison(question: Question) -> ComparedAnswer:
    """Compare an answer with the engine's."""
    predicted, answered = predict(question), question["answer"]
    return ComparedAnswer(
        area=AREA,
        behaviour=question["behaviour"],
        name=f"{question['name']}: {question['pattern']}",
        agreement=Agreement.AGREE if predicted == answered else Agreement.DIFFER,
        predicted=str(predicted).lower(),
        answered=str(answered).lower(),
    )


def predict(question: Question) -> bool | str:
    """Return whether the pattern matches, as the engine says, or that it is refused."""
    try:
        return eventpipes.compile(question["pattern"]).matches(json.loads(question["event"]))
    except EventPipesError:
        return REFUSED


def _question(behaviour: str, name: str, pattern: str, event: object) -> Question:
    return {
        "behaviour": behaviour,
        "name": name,
        "pattern": f'{{"detail":{pattern}}}',
        "event": json.dumps({**_ENVELOPE, "detail": event}, ensure_ascii=False),
    }


def _text(pattern: object) -> str:
    if isinstance(pattern, str):
        return pattern
    return json.dumps(pattern, ensure_ascii=False, separators=(",", ":"))
