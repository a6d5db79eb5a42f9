"""A stack in each topology on the local cloud, as the fixture of the library runs it."""

import json
from typing import Any

import cdktf
import pytest

from localcloud import LocalCloudError
from localcloud.pytest_plugin import Run, on_local_cloud
from localcloud.running_stack import RunningStack
from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
from stacks.stack import MomentoStack
from tests.synthesized import read_settings

__all__ = ["on_local_cloud"]
pytestmark = pytest.mark.slow

MESSAGE = {"EventType": "INSERT", "Id": "a", "Price": "1.5"}


def document(topology: str) -> str:
    """Return a stack with one table, whose items go to a cache and a topic.

    The one with a workflow is that of production: its own key encrypts table, queue and logs.
    """
    production = {"PROFILE": "production", "WATCH": "false"} if topology == "workflow" else {}
    settings = read_settings(
        TOPOLOGY=topology, NAME_PREFIX=topology, MOMENTO_CACHE_NAME=topology, **production
    )
    stack = MomentoStack(cdktf.Testing.app(), topology, settings)
    key, price, ttl = Attribute("Id"), Attribute("Price", "N"), Attribute("Ttl", "N")
    mapping = ItemMapping(
        cache=CacheEntry(key=key, value=[key, price], ttl=ttl),
        topic=TopicMessage(topic="changes", value=[key, price]),
    )
    table = stack.add_table("items", keys=KeySchema(key))
    stack.add_pipeline("changes", source=table, mapping=mapping, largest_item=1_000)
    return cdktf.Testing.synth(stack)


@pytest.fixture(scope="module", params=["pipes", "bus", "workflow"])
def stack(request: pytest.FixtureRequest, on_local_cloud: Run) -> tuple[str, RunningStack]:
    """Return a topology and a stack that runs in it; all are in one cloud."""
    return request.param, on_local_cloud(document(request.param))


def test_what_was_written_has_arrived_and_what_was_refused_is_a_dead_letter(
    stack: tuple[str, RunningStack],
) -> None:
    topology, running = stack
    running.write({"Id": "a", "Price": 1.5, "Ttl": 60})
    assert running.cached("a", cache=topology) == {"Id": "a", "Price": "1.5"}
    assert running.messages(cache=topology) == [MESSAGE]
    running.delete({"Id": "a"})
    assert running.cached("a", cache=topology) is None
    assert [one["EventType"] for one in running.messages("changes", cache=topology)][1:] == [
        "REMOVE"
    ]
    assert running.dead_letters() == []
    running.write({"Id": "b", "Price": 2, "Ttl": 0})  # Momento refuses this TTL
    assert running.cached("b", cache=topology) is None
    (letter,) = running.dead_letters()
    assert topology in json.dumps(letter)
    assert running.dead_letters() == [letter]


def test_name_that_does_not_exist_is_refused(stack: tuple[str, RunningStack]) -> None:
    topology, running = stack
    with pytest.raises(LocalCloudError, match=f"no table orders; there are: {topology}-items"):
        running.write({"Id": "a"}, table="orders")
    with pytest.raises(LocalCloudError, match=r"no cache shop; there are: .*"):
        running.cached("a", cache="shop")
    with pytest.raises(LocalCloudError, match=r"no topic chnages; there are: changes$"):
        running.messages("chnages", cache=topology)


def test_what_the_table_or_the_cache_cannot_take_is_refused(
    stack: tuple[str, RunningStack],
) -> None:
    topology, running = stack
    with pytest.raises(LocalCloudError, match=r"write cached\('2'\), not cached\(2\)"):
        running.cached(2, cache=topology)  # type: ignore[arg-type]  # the fault
    with pytest.raises(LocalCloudError, match=f"{topology}-items does not take this item: .*Id"):
        running.write({"Id": 2})
    with pytest.raises(LocalCloudError, match=r"does not take this item: Unsupported type"):
        running.write({"Id": "a", "Price": object()})
    with pytest.raises(LocalCloudError, match=r"does not take this key: .*its primary key"):
        running.delete({"Other": "a"})


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{}", "the stack has no pipe: give the JSON"),
        ("shop.tf", "not JSON .*: give what cdktf.Testing.synth"),
        ("[]", "not a stack's JSON: give what"),
        ('{"resource": []}', "not a stack's JSON: give what"),
        (
            {"resource": {"aws_pipes_pipe": {"a": {"name": "a", "depends_on": ["aws_vpc.b"]}}}},
            "cannot run on the local cloud: aws_vpc.b is named, and is not in the document",
        ),
    ],
    ids=["no pipe", "no JSON", "a list", "a list of resources", "unknown part"],
)
def test_stack_that_cannot_run_is_refused(on_local_cloud: Run, document: Any, says: str) -> None:
    with pytest.raises(LocalCloudError, match=says):
        on_local_cloud(document)


def test_second_stack_with_the_same_names_is_refused(on_local_cloud: Run) -> None:
    """The first run may be one of this module's others."""

    def run_twice() -> None:
        for _ in range(2):
            on_local_cloud(document("pipes"))

    with pytest.raises(LocalCloudError, match=r"exists.*run each stack once, in a fixture"):
        run_twice()
