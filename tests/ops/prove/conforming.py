"""The conformance stack on a local AWS, a local Momento, and the runner."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from cdktf import Testing

from localcloud.momento.service import LocalMomento
from localcloud.runner.runner import Runner
from stacks.conformance import ConformanceStack
from tests.conftest import KEY
from tests.synthesized import read_settings

PREFIX = "prove-shop"
CACHE = "momento-eventbridge-cache"


@cache
def synthesized() -> str:
    """Return the stack's JSON; it is synthesized once."""
    settings = read_settings(STACK="conformance", NAME_PREFIX=PREFIX, PIPE_LOG_LEVEL="OFF")
    return str(Testing.synth(ConformanceStack(Testing.app(), "conformance", settings)))


def document() -> dict[str, Any]:
    """Return the stack's JSON, parsed anew."""
    found: dict[str, Any] = json.loads(synthesized())
    return found


@contextmanager
def running(aws_endpoint: str) -> Iterator[LocalMomento]:
    """Run the pipes of a local AWS, and return the Momento that gets their requests."""
    with (
        LocalMomento(api_key=KEY, caches=(CACHE,)) as momento,
        Runner(endpoint=aws_endpoint, redirect=momento.endpoint),
    ):
        yield momento
