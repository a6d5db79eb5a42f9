"""The trial of a deployed pipeline: it tells what came, and each thing that came otherwise."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

import live.momento.client
import ops.demo.changes
import ops.demo.command
import ops.demo.pipeline_check
from eventpipes import Filtered
from live.aws import Aws
from live.deliveries import Feed
from live.deployment import Deployment
from live.items import Item
from live.made_record import made_record
from live.output import console
from live.pipelines import list_pipelines
from live.route import Route
from live.step import DeliveryStep
from live.tour import _TopicListener
from localcloud import LocalAws
from localcloud.applied import Applied
from localcloud.momento.service import LocalMomento
from localcloud.runner.feed import DeliveryFeed
from localcloud.runner.runner import Runner
from ops.demo.command import try_pipelines
from ops.demo.pipeline_check import PipelineCheck, expect_none
from ops.shared.errors import OpsError
from stacks.settings import Settings
from tests.localcloud.arrivals import until
from tests.localcloud.weather_cloud import FAST, WeatherCloud
from tests.localcloud.weather_pipes import API_KEY, CACHE, empty
from tests.synthesis import synthesized

pytestmark = pytest.mark.slow


def result_rows(said: str) -> list[list[str]]:
    """Return the rows of the printed table: a change, and the beginnings of three results."""
    return [
        [cell.strip()[:6].strip() for cell in line.split("│")[1:5]]
        for line in said.splitlines()
        if re.match(r"│ (write|change|delete)", line)
    ]


@contextmanager
def fed(aws: LocalAws, momento: LocalMomento, key: str, **options: Any) -> Iterator[Runner]:
    """Return a runner whose deliveries a feed has; the environment leads to both."""
    with pytest.MonkeyPatch.context() as patch, DeliveryFeed() as feed:
        patch.setenv("MOMENTO_ENDPOINT_URL", momento.endpoint)
        patch.setenv("MOMENTO_API_KEY", key)
        patch.setenv("PIPE_DELIVERIES_URL", f"{feed.endpoint}/steps")
        with Runner(
            endpoint=aws.endpoint,
            redirect=momento.endpoint,
            timing=FAST,
            on_delivery=feed.add,
            **options,
        ) as runner:
            yield runner


@pytest.fixture
def resources(local_aws: LocalAws) -> Iterator[WeatherCloud]:
    """Return the weather pipes, which nobody runs."""
    with WeatherCloud(local_aws) as cloud:
        cloud.weather.create_pipes()
        yield cloud


@pytest.fixture
def runner(local_aws: LocalAws, resources: WeatherCloud) -> Iterator[Runner]:
    """Return the pipes' runner, whose deliveries a feed has."""
    checkpoints = resources.checkpoints
    with fed(local_aws, resources.momento, API_KEY, checkpoints=checkpoints) as runner:
        yield runner


@pytest.fixture
def cloud(resources: WeatherCloud, runner: Runner) -> WeatherCloud:
    """Return the weather pipes, which run."""
    assert runner
    return resources


def tried(
    pipeline: Deployment | None = None, *, patience: float = 60.0, arrival: float = 60.0
) -> tuple[str, list[str]]:
    """Return what a check prints, and the differences from what was predicted."""
    with (
        pytest.MonkeyPatch.context() as patch,
        console.capture() as printed,
        closing(PipelineCheck(os.environ, patience=patience)) as check,
    ):
        patch.setattr(console, "width", 200)
        patch.setattr(ops.demo.pipeline_check, "ARRIVAL_SECONDS", arrival)
        patch.setattr(live.momento.client, "TIMEOUT_SECONDS", 60.0)
        with pipeline or Deployment(Settings.load()) as deployment:
            check.run(deployment, max_ttl_seconds=86_400)
    return printed.get(), check.differences


@pytest.fixture
def orders(local_aws: LocalAws, tmp_path: Path) -> Iterator[None]:
    """Apply the stack of the orders, and run it."""
    empty(local_aws.endpoint)
    assert synthesized("orders", os.environ, str(tmp_path)).returncode == 0
    document = json.loads((tmp_path / "stacks" / "orders" / "cdk.tf.json").read_text("utf-8"))
    Applied(document, local_aws.endpoint, momento_api_key=API_KEY).create()
    names = [pipe["name"] for pipe in document["resource"]["aws_pipes_pipe"].values()]
    with (
        LocalMomento(api_key=API_KEY, caches=(CACHE,)) as momento,
        fed(local_aws, momento, API_KEY) as runner,
    ):
        runner.wait_until_reading(*names)
        yield


@pytest.mark.usefixtures("orders")
def test_items_of_another_stack_are_made_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The item is written, changed, no longer open, open again, and deleted (stacks/examples)."""
    monkeypatch.setattr(console, "width", 200)
    try_pipelines(Settings.load(), os.environ)
    said = capsys.readouterr().out
    sent = ["✓ PUT", "✓ POST", "· filt"]
    assert result_rows(said) == [
        ["write", *sent],
        ["change", *sent],
        ["change", "· filt", "· filt", "✓ DELE"],
        ["change", *sent],
        ["delete", "· filt", "✓ POST", "✓ DELE"],
    ]
    assert "A dead letter" not in said
    assert "The 4 messages of the topic momento-eventbridge-topic" in said


def answering(statuses: Mapping[str, int]) -> Callable[[Request], object]:
    """Return what has Momento answer to some methods, and do nothing of it."""

    async def interfere(request: Request) -> Response | None:
        status = statuses.get(request.method)
        return None if status is None else Response(status_code=status)

    return interfere


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (
            {"PUT": 400, "DELETE": 400},
            ["cache-put-pipe: dead-letter", "cache-delete-pipe: dead-letter"],
        ),
        ({"PUT": 204}, ["write Oslo: the entry Oslo: nothing; expected {"]),
        (
            {"DELETE": 204, "POST": 204},
            [
                "delete Oslo: the entry Oslo: {",
                "write Oslo: the topic says: nothing within 1 s; expected {",
            ],
        ),
    ],
    ids=["refused", "not put", "not deleted and not published"],
)
def test_an_unpredicted_answer_of_momento_is_a_difference(
    cloud: WeatherCloud, statuses: Mapping[str, int], told: list[str]
) -> None:
    cloud.momento.service.interfere = answering(statuses)  # type: ignore[assignment]  # narrower
    _, differences = tried(arrival=0.6)
    assert [one for one in told if one not in "\n".join(differences)] == []
    with pytest.raises(OpsError, match="not all came as the engine predicts"):
        expect_none(differences)


@pytest.mark.usefixtures("cloud")
def test_an_unpredicted_delivery_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Route.process

    def otherwise(route: Route, record: Mapping[str, object]) -> object:
        return Filtered(()) if route.operation == "cache-delete" else process(route, record)

    monkeypatch.setattr(Route, "process", otherwise)
    _, differences = tried(arrival=0.6)
    assert "cache-delete-pipe: delivered; expected filtered" in "\n".join(differences)


def test_a_missing_delivery_is_a_difference(cloud: WeatherCloud, runner: Runner) -> None:
    name = "weather-stats-demo-topic-publish-pipe"
    cloud.weather.pipes.stop_pipe(Name=name)
    until(lambda: name in runner.statuses and runner.statuses[name].state == "STOPPED")
    _, differences = tried(patience=2.0, arrival=0.6)
    assert f"{name}: no result in 2 s; expected delivered" in "\n".join(differences)


@pytest.mark.usefixtures("cloud")
def test_another_record_than_predicted_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the requests are those that the engine makes of it."""

    def with_more(old: Item | None, new: Item | None, keys: Item, *, view: str) -> dict[str, Any]:
        return made_record(old, new and {**new, "Snow": {"N": "1"}}, keys, view=view)

    monkeypatch.setattr(ops.demo.changes, "made_record", with_more)
    _, differences = tried()
    assert re.search(
        r'write \w+: the stream\'s record has NewImage \{.*; expected \{.*"Snow"', differences[0]
    )


@pytest.mark.usefixtures("cloud")
def test_a_delivery_of_an_earlier_change_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """All changes have the same key."""
    new_items, earlier = Feed.items, list[DeliveryStep]()

    def items_again(feed: Feed) -> list[DeliveryStep]:
        before, new = [*earlier], list(new_items(feed))
        earlier.extend(new)
        return before + new

    monkeypatch.setattr(Feed, "items", items_again)
    assert tried()[1] == []


@pytest.mark.usefixtures("cloud")
def test_a_message_too_many_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = _TopicListener.texts
    monkeypatch.setattr(
        _TopicListener, "texts", lambda listener: [t for t in texts(listener) for _ in range(2)]
    )
    _, differences = tried()
    assert differences[0].startswith('a topic said {"EventType":"INSERT"')
    assert differences[0].endswith(", which was not predicted")


def test_pipelines_of_one_table_are_tried_once(
    cloud: WeatherCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other one would find the first one's item and dead letters."""
    assert cloud
    first = list_pipelines(Aws("us-east-1").client("pipes"), "weather-stats-demo")
    (pipeline,) = first.values()
    both = {**first, "weather-stats-demo-b": pipeline}
    monkeypatch.setattr(ops.demo.command, "list_pipelines", lambda *_: both)
    made = Deployment.__init__
    monkeypatch.setattr(
        Deployment, "__init__", lambda new, settings, _: made(new, settings, *first)
    )
    try_pipelines(Settings.load(), os.environ)
    said = capsys.readouterr().out
    assert "weather-stats-demo-b is not tried: weather-stats-demo reads the same table" in said
