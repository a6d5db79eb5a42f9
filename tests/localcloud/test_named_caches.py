"""The local Momento has every cache that a deployed pipe or rule names."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from eventpipes import Connection, Definition, Destination, Source, StateMachineTarget
from eventpipes.momento_names import request_names
from localcloud.cloud import LocalCloud
from localcloud.momento.service import Limits
from tests.localcloud.arrivals import until
from tests.localcloud.weather_pipes import API_KEY, CACHE, PUBLISH, PUT, WeatherPipes

pytestmark = pytest.mark.slow

HOST = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"


def definition(path: str, *parameters: str) -> Definition:
    """Return a pipe that sends to a path of Momento."""
    connection = Connection(name="c", headers={})
    return Definition(
        name="orders-cache-put-pipe",
        arn="arn",
        source=Source(arn="arn"),
        target_arn="arn",
        destination=Destination(
            name="d", method="PUT", endpoint=HOST + path, connection=connection
        ),
        path_parameters=parameters,
    )


@pytest.mark.parametrize(
    ("path", "parameters", "cache"),
    [
        ("/cache/*", ("orders",), "orders"),
        ("/cache/orders", (), "orders"),
        ("/topics/orders/*", ("news",), "orders"),
        ("/topics/*/*", ("orders", "news"), "orders"),
        ("/topics/orders/*", ("$.dynamodb.NewImage.Topic.S",), "orders"),
        ("/cache/my%20orders", (), "my orders"),
        ("/cache/*", ("$.dynamodb.Keys.Cache.S",), None),
        ("/cache/*", (), None),
        ("/hooks/*", ("orders",), None),
        ("", (), None),
    ],
)
def test_the_cache_is_in_the_endpoint_or_its_path_parameters(
    path: str, parameters: tuple[str, ...], cache: str | None
) -> None:
    assert [names.cache for names in request_names(definition(path, *parameters))] == [cache]


def test_a_workflow_names_its_caches_in_its_tasks() -> None:
    paths = ("/cache/orders", "/topics/orders/news", "/cache/my%20orders")
    endpoints = [*(f"{HOST}{path}" for path in paths), "{% $request.endpoint %}"]
    states = {path: {"Arguments": {"ApiEndpoint": path}} for path in endpoints}
    target = StateMachineTarget(name="m", arn="arn", definition=json.dumps({"States": states}))
    pipe = replace(definition(""), state_machine=target)
    found = [names.cache for names in request_names(pipe)]
    assert found == ["orders", "orders", "my orders", None]


@pytest.fixture
def warned() -> list[str]:
    """Return the local cloud's warnings."""
    return []


@pytest.fixture
def cloud(
    request: pytest.FixtureRequest, warned: list[str]
) -> Iterator[tuple[LocalCloud, WeatherPipes]]:
    """Return a local cloud without a cache, with the weather resources without pipes."""
    with LocalCloud(momento_limits=request.param, warn=warned.append) as cloud:
        cloud.momento.service.keys.add(API_KEY)
        yield cloud, WeatherPipes(cloud.aws.endpoint)


def create_pipe(weather: WeatherPipes, pipe: str, *, cache: str) -> str:
    """Create a pipe that names another cache."""
    arguments = weather.arguments(weather.definition(pipe))
    arguments["TargetParameters"]["HttpParameters"]["PathParameterValues"] = [cache]
    weather.pipes.create_pipe(**arguments)
    return pipe


@pytest.mark.parametrize("cloud", [None], indirect=True)
def test_the_caches_that_pipes_name_exist(cloud: tuple[LocalCloud, WeatherPipes]) -> None:
    """A cache's pipe and a topic's pipe name them; they exist before the first request."""
    local, weather = cloud
    put = create_pipe(weather, PUT, cache="orders")
    local.runner.wait_until_reading(put, *weather.create_pipes([PUBLISH]))
    assert local.momento.service.caches.keys() == {"orders", CACHE}
    weather.put("Oslo")
    until(lambda: b"Oslo" in local.momento.service.caches["orders"].items)
    until(lambda: bool(local.momento.service.caches[CACHE].topics))


@pytest.mark.parametrize("cloud", [Limits(caches=1)], indirect=True)
def test_a_cache_over_the_accounts_limit_is_a_warning(
    cloud: tuple[LocalCloud, WeatherPipes], warned: list[str]
) -> None:
    local, weather = cloud
    local.runner.wait_until_reading(*weather.create_pipes([PUBLISH]))
    local.runner.wait_until_reading(create_pipe(weather, PUT, cache="orders"))
    assert local.momento.service.caches.keys() == {CACHE}
    (text,) = warned
    assert text.startswith(f"{PUT} sends to the cache orders, but Momento gives an account only 1")
