"""The trial of a workflow: each of a record's requests, and a difference if one is missing."""

from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import Response

from localcloud import LocalAws
from tests.ops.demo.test_pipeline_check import fed, tried
from tests.ops.shared.repair.workflow_repair import API_KEY, WorkflowRepair

pytestmark = pytest.mark.slow


@pytest.fixture
def cloud(local_aws: LocalAws) -> Iterator[WorkflowRepair]:
    """Return a workflow that runs and is told of by a feed."""
    with WorkflowRepair(local_aws) as cloud, fed(local_aws, cloud.momento, API_KEY) as runner:
        runner.wait_until_reading(cloud.pipe)
        yield cloud


def test_all_comes_as_predicted(cloud: WorkflowRepair) -> None:
    said, differences = tried(cloud.deployment())
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
    said, differences = tried(cloud.deployment(), arrival=0.6)
    assert "A dead letter of shop-orders-changes, which holds the record:" in said
    assert any("dead-letter (Refused: States.Http.StatusCode.400" in one for one in differences)
    assert any("a dead letter of shop-orders-changes about" in one for one in differences)
