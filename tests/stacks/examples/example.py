"""The examples, synthesized, and the requests of their pipes for a change."""

import functools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cdktf import Testing

from eventpipes import Filtered, Pipe, Request
from eventpipes.synthesized import definitions
from stacks import catalogue
from tests.synthesized import ENDPOINT, Synthesized, read_settings

EXAMPLES = ("orders", "sessions", "existing", "thirty")
PREFIX = "weather-stats-demo"
STREAM_ARN = "arn:aws:dynamodb:eu-west-1:210987654321:table/readings/stream/2026-01-31T12:00:00.000"
KEYS = {
    "orders": ("Customer", "OrderId"),
    "sessions": ("SessionId",),
    "existing": ("Device", "At"),
    "thirty": ("Id",),
}
PIPELINES = {"orders": "order", "sessions": "session", "existing": "reading"}
CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))


@functools.cache
def synthesized(name: str, topology: str = "pipes") -> Synthesized:
    """Return an example with every other setting at its default; it is synthesized once."""
    settings = read_settings(STACK=name, TOPOLOGY=topology)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXAMPLE_STREAM_ARN", STREAM_ARN)
        stack = catalogue.find(name)(Testing.app(), name, settings)
    return Synthesized(Testing.synth(stack))


def record(case: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """Return the stream record of a case."""
    images = {"NewImage": case.get("new"), "OldImage": case.get("old")}
    there = {name: image for name, image in images.items() if image is not None}
    item = next(iter(there.values()))
    return {
        "eventName": case["event"],
        "dynamodb": {"Keys": {name: item[name] for name in keys}, **there},
    }


def sent(stack: Synthesized, pipeline: str, event: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the requests of a pipeline's pipes: method, address at the endpoint, and body.

    A deletion's body is left out, as Momento does not read it.
    """
    found = {}
    for definition in definitions(stack.document):
        begin = f"{PREFIX}-{pipeline}-changes-"
        if not definition.name.startswith(begin):
            continue
        outcome = Pipe(definition).process(event)
        assert isinstance(outcome, Request | Filtered), outcome
        if isinstance(outcome, Request):
            request = [outcome.method, outcome.url.removeprefix(ENDPOINT), outcome.body]
            operation = definition.name.removeprefix(begin).removesuffix("-pipe")
            found[operation] = request[: 2 if outcome.method == "DELETE" else 3]
    return found
