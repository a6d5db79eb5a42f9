"""The roles of a stack's keys permit what the stack sends to, and nothing else."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cdktf
import pytest

from live.momento.auth import MomentoAuth
from live.momento.client import Momento
from localcloud.momento.service import LocalMomento
from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
from ops.key.create import wanted
from ops.key.momento_names import ANY, MomentoNames
from ops.key.roles import Purpose, purposes, role_for, rules
from ops.shared.errors import OpsError
from stacks.settings import Settings
from stacks.stack import MomentoStack
from tests.conftest import ENDPOINT
from tests.each import each
from tests.synthesized import synthesize

CACHE, TOPIC = "momento-eventbridge-cache", "momento-eventbridge-topic"
OWNER = "the-owner's-key"
TOPOLOGIES = ("pipes", "bus", "workflow")
WEATHER = MomentoNames(caches=frozenset({CACHE}), topics=frozenset({(CACHE, TOPIC)}))


def names_of(topology: str, mapping: ItemMapping) -> MomentoNames:
    """Return the names of a stack with one pipeline."""
    settings = Settings(
        MOMENTO_API_ENDPOINT=ENDPOINT,
        MOMENTO_CACHE_NAME=CACHE,
        TOPOLOGY=topology,
    )
    stack = MomentoStack(cdktf.Testing.app(), "own", settings)
    table = stack.add_table("items", keys=KeySchema(Attribute("Id")))
    stack.add_pipeline("changes", source=table, mapping=mapping, largest_item=1_000)
    return MomentoNames.of(json.loads(cdktf.Testing.synth(stack)))


def test_the_names_of_the_weather_stack_are_the_same_in_all_topologies() -> None:
    for topology in TOPOLOGIES:
        assert MomentoNames.of(synthesize(TOPOLOGY=topology).document) == WEATHER


@each(topology=TOPOLOGIES)
def test_a_name_that_the_record_decides_stands_for_any(topology: str) -> None:
    key = Attribute("Id")
    mapping = ItemMapping(
        cache=CacheEntry(key=key, value=[key], ttl=60, cache="other"),
        topic=TopicMessage(topic=key, value=[key], cache="other"),
    )
    found = names_of(topology, mapping)
    assert found.caches == {"other"}
    assert found.topics == {("other", ANY)}


@each(topology=TOPOLOGIES)
def test_a_stack_that_only_publishes_writes_no_items(topology: str) -> None:
    mapping = ItemMapping(topic=TopicMessage(topic="news", value=[Attribute("Id")]))
    found = names_of(topology, mapping)
    assert found == MomentoNames(caches=frozenset(), topics=frozenset({(CACHE, "news")}))


def test_the_rules_name_one_cache_and_one_topic() -> None:
    assert rules(WEATHER, "write") == [
        {
            "type": "cache",
            "permissions": ["write"],
            "caches": {"name": CACHE},
            "items": "*",
        },
        {
            "type": "topic",
            "permissions": ["write"],
            "caches": {"name": CACHE},
            "topics": {"name": TOPIC},
        },
    ]
    assert {one["permissions"][0] for one in rules(WEATHER, "read")} == {"read"}


def test_with_very_many_topics_a_rule_is_for_all_topics_of_the_cache() -> None:
    many = MomentoNames(
        caches=frozenset({"c"}), topics=frozenset(("c", f"t{n}") for n in range(30))
    )
    assert [one.get("topics") for one in rules(many, "write")] == [None, ANY]


@pytest.fixture
def momento() -> Iterator[LocalMomento]:
    with LocalMomento(api_key=OWNER) as running:
        yield running


@contextmanager
def auth(momento: LocalMomento) -> Iterator[MomentoAuth]:
    """Return the API for roles and keys."""
    with Momento(redirect=momento.endpoint, timeout=60) as client:
        yield MomentoAuth(client, OWNER, per_second=10_000)


def sending() -> Purpose:
    """Return what the weather stack's sending key is for."""
    return purposes(Settings(MOMENTO_API_ENDPOINT=ENDPOINT), WEATHER)[0]


def custom_roles(momento: LocalMomento) -> list[str]:
    return [one.name for one in momento.service.keys.roles.values() if one.kind == "custom"]


def test_a_role_is_made_once_and_reused(momento: LocalMomento) -> None:
    with auth(momento) as api:
        first = role_for(api, sending())
        assert role_for(api, sending()) == first
    assert custom_roles(momento) == ["weather-stats-demo-weather-send"]


OTHER: dict[str, dict[str, Any]] = {
    "more": {"rules": [*rules(WEATHER, "write"), *rules(WEATHER, "read")]},
    "less": {"rules": rules(WEATHER, "write")[:1]},
    "a condition": {
        "rules": rules(WEATHER, "write"),
        "conditions": [{"ip_filter": {"allowed_cidr_ranges": ["127.0.0.0/8"]}}],
    },
}


def test_a_role_with_other_rules_is_changed_only_if_asked(momento: LocalMomento) -> None:
    @each(case=OTHER)
    def check(case: str) -> None:
        momento.service.keys.roles.clear()
        momento.service.keys.__init__(OWNER)  # type: ignore[misc]  # an account without custom roles
        made = momento.service.keys.new_role(sending().role_name, OTHER[case])
        with auth(momento) as api:
            with pytest.raises(OpsError, match="--update-roles changes it") as caught:
                role_for(api, sending())
            assert json.dumps(OTHER[case]) in str(caught.value)
            changed = role_for(api, sending(), update=True)
        assert changed.role_id == made.role_id
        assert changed.rules == sending().rules

    check()


def test_the_order_of_rules_and_permissions_does_not_matter(momento: LocalMomento) -> None:
    given = {"rules": [*reversed(rules(WEATHER, "write"))]}
    made = momento.service.keys.new_role(sending().role_name, given)
    with auth(momento) as api:
        assert role_for(api, sending()).role_id == made.role_id


def test_two_stacks_have_roles_of_their_own() -> None:
    names = {
        purposes(Settings(MOMENTO_API_ENDPOINT=ENDPOINT, STACK=stack), WEATHER)[0].role_name
        for stack in ("weather", "orders")
    }
    assert len(names) == 2


def test_several_stacks_can_share_the_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules are for what all of them send to, and all of their connections have the key."""
    documents = {"weather": synthesize().document, "orders": synthesize(NAME_PREFIX="own").document}
    monkeypatch.setenv("MOMENTO_API_ENDPOINT", ENDPOINT)

    def synthesized(stack: str, _: object, *, quiet: bool) -> Path:
        assert quiet
        text = json.dumps(documents[stack]).replace(TOPIC, f"{stack}-topic")
        (tmp_path / stack).mkdir()
        (tmp_path / stack / "cdk.tf.json").write_text(text, encoding="utf-8")
        return tmp_path / stack

    monkeypatch.setattr("ops.key.create.synthesize", synthesized)
    monkeypatch.setattr("ops.key.create.environment", lambda _: {})
    found = wanted(Settings.load(), ["orders", "weather"])
    topics = [one["topics"]["name"] for one in found.both[0].rules if one["type"] == "topic"]
    assert topics == ["orders-topic", "weather-topic"]
    assert found.connections == ["own-connection", "weather-stats-demo-connection"]
