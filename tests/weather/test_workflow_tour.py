"""With a workflow (TOPOLOGY=workflow), the tour ends as expected."""

import pytest

import localcloud.runner.runner
from localcloud import LocalAws
from localcloud.applied import Applied
from localcloud.momento.service import LocalMomento
from localcloud.runner.runner import Runner
from stacks.settings import Settings
from tests.conftest import ENDPOINT
from tests.localcloud.weather_cloud import FAST
from tests.localcloud.weather_pipes import API_KEY, CACHE, empty
from tests.running_weather import settings_of
from tests.synthesized import synthesize_with
from weather.tour import tour

PIPE = "weather-stats-demo-changes-pipe"


def test_tour_ends_as_expected(local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    workflow = Settings(
        MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_CACHE_NAME=CACHE, TOPOLOGY="workflow"
    )
    empty(local_aws.endpoint)
    document = synthesize_with(workflow).document
    Applied(document, local_aws.endpoint, momento_api_key=API_KEY).create()
    monkeypatch.setattr(localcloud.runner.runner, "WATCH_SECONDS", 0.3)
    with (
        LocalMomento(api_key=API_KEY, caches=(CACHE,)) as momento,
        Runner(endpoint=local_aws.endpoint, redirect=momento.endpoint, timing=FAST) as runner,
    ):
        runner.wait_until_reading(PIPE)
        monkeypatch.setenv("MOMENTO_ENDPOINT_URL", momento.endpoint)
        settings = settings_of(MOMENTO_API_KEY=API_KEY, MOMENTO_ENDPOINT_URL=momento.endpoint)
        steps = list(tour(settings))
    assert all(step.as_expected for step in steps), steps
