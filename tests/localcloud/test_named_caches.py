"""The local Momento has every cache that a deployed pipe or rule names."""

import json
from dataclasses import replace

import pytest

from eventpipes import Connection, Definition, Destination, Source, StateMachineTarget
from eventpipes.momento_names import request_names
from localcloud.cloud import LocalCloud
from localcloud.momento.service import Limits
from tests.localcloud.arrivals import until
from tests.localcloud.weather_pipes import API_KEY, CACHE, DELETE, PUBLISH, PUT, WeatherPipes

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


def create_pipe(weather: WeatherPipes, pipe: str, *, cache: str) -> str:
    """Create a pipe that names another cache."""
    arguments = weather.arguments(weather.definition(pipe))
    arguments["TargetParameters"]["HttpParameters"]["PathParameterValues"] = [cache]
    weather.pipes.create_pipe(**arguments)
    return pipe


def test_the_caches_that_pipes_name_exist_up_to_the_accounts_limit() -> None:
    """A cache's pipe and a topic's pipe name them; they exist before the first request."""
    warned: list[str] = []
    with LocalCloud(momento_limits=Limits(caches=2), warn=warned.append) as local:
        local.momento.service.keys.add(API_KEY)
        caches, weather = local.momento.service.caches, WeatherPipes(local.aws.endpoint)
        put = create_pipe(weather, PUT, cache="orders")
        local.runner.wait_until_reading(put, *weather.create_pipes([PUBLISH]))
        assert caches.keys() == {"orders", CACHE}
        assert warned == []
        weather.put("Oslo")
        until(lambda: b"Oslo" in caches["orders"].items)
        until(lambda: bool(caches[CACHE].topics))

        local.runner.wait_until_reading(create_pipe(weather, DELETE, cache="returns"))
        assert caches.keys() == {"orders", CACHE}
        (text,) = warned
        assert text.startswith(
            f"{DELETE} sends to the cache returns, but Momento gives an account only 2"
        )
