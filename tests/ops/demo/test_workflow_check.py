"""The trial of a workflow: each of a record's requests, and a difference if one is missing."""

import os
from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.requests import Request
from starlette.responses import Response

from live.output import console
from localcloud import LocalAws
from localcloud.runner.feed import DeliveryFeed
from localcloud.runner.runner import Runner
from ops.demo.pipeline_check import PipelineCheck
from tests.localcloud.weather_cloud import FAST
from tests.ops.shared.repair.workflow_repair import API_KEY, WorkflowRepair

pytestmark = pytest.mark.slow


@pytest.fixture
def cloud(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkflowRepair]:
    """Return a workflow that runs and is told of by a feed."""
    with WorkflowRepair(local_aws) as cloud, DeliveryFeed() as feed:
        monkeypatch.setenv("MOMENTO_API_KEY", API_KEY)
        monkeypatch.setenv("PIPE_DELIVERIES_URL", f"{feed.endpoint}/steps")
        with Runner(
            endpoint=local_aws.endpoint,
            redirect=cloud.momento.endpoint,
            timing=FAST,
            on_delivery=feed.add,
        ) as runner:
            runner.wait_until_reading(cloud.pipe)
            yield cloud


def tried(cloud: WorkflowRepair) -> tuple[str, list[str]]:
    """Return what a check prints, and the differences from what was predicted."""
    with (
        pytest.MonkeyPatch.context() as patch,
        console.capture() as printed,
        closing(PipelineCheck(os.environ)) as check,
    ):
        patch.setattr(console, "width", 200)
        with cloud.deployment() as deployment:
            check.run(deployment, max_ttl_seconds=86_400)
        check.check_messages()
    return printed.get(), check.differences


def test_all_comes_as_predicted(cloud: WorkflowRepair) -> None:
    said, differences = tried(cloud)
    assert differences == []
    assert said.count("✓ PUT") == 4, "two entries, written and changed"
    assert said.count("✓ DELETE") >= 2, "of both entries at the end"
    assert said.count("✓ POST") == 3
    assert cloud.cache() == {}


def test_refused_request_is_a_difference_and_a_letter_with_the_record(
    cloud: WorkflowRepair,
) -> None:
    async def refuse(request: Request) -> Response | None:
        return Response("no", 400) if request.method == "DELETE" else None

    cloud.momento.service.interfere = refuse
    said, differences = tried(cloud)
    assert "A dead letter of shop-orders-changes, which holds the record:" in said
    assert any("dead-letter (Refused: States.Http.StatusCode.400" in one for one in differences)
    assert any("a dead letter of shop-orders-changes about" in one for one in differences)
