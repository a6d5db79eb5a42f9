"""Batches of records for a small state machine, which sends to a Momento."""

from collections.abc import Iterator

import pytest

from localcloud import LocalAws
from localcloud.momento.service import LocalMomento
from tests.localcloud.arrivals import Arrivals
from tests.localcloud.batches import Batches
from tests.localcloud.post import Queue
from tests.localcloud.workflow_cloud import API_KEY, CACHE


@pytest.fixture(scope="module")
def momento() -> Iterator[LocalMomento]:
    with LocalMomento(api_key=API_KEY, caches=(CACHE,)) as running:
        yield running


@pytest.fixture
def batches(
    local_aws: LocalAws, queue: Queue, momento: LocalMomento, arrivals: Arrivals
) -> Iterator[Batches]:
    assert arrivals is not None
    queue.letters()
    with Batches(local_aws, queue, momento.endpoint) as batches:
        yield batches
