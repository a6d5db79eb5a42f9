"""The model: nodes, edges and routes of every topology."""

from typing import Any

import pytest

from console.model import broken_pipeline, pipeline_json
from live.deployment import Deployment
from momento_pipes.topology import Topology, topology_of
from tests.console.shop import CACHE, ORDERS, TOPOLOGIES, orders


def model(topology: str) -> dict[str, Any]:
    """Return the model of the orders' pipeline."""
    deployed: Any = orders(topology)
    return pipeline_json(deployed)


def path_of(found: dict[str, Any], route: str) -> list[str]:
    """Return the kinds of the nodes between the table and a route's destination, from its end."""
    kinds = {node["id"]: node["kind"] for node in found["nodes"]}
    came = [edge for edge in found["edges"] if edge["on"] == "change"]
    (last,) = [edge for edge in came if edge.get("route") == route and "label" in edge]
    way = [last["to"], last["from"]]
    while kinds[way[-1]] != "table":
        (before,) = [edge["from"] for edge in came if edge["to"] == way[-1]]
        way.append(before)
    return [kinds[node] for node in reversed(way)]


WAYS = {
    "pipes": ["table", "pipe", "cache"],
    "workflow": ["table", "pipe", "workflow", "cache"],
    "bus": ["table", "pipe", "bus", "rule", "cache"],
}


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_each_route_leads_from_the_table_to_its_destination(topology: str) -> None:
    found = model(topology)
    assert found["topology"] == topology
    assert found["table"]["name"] == ORDERS
    put, publish, delete = found["routes"]
    assert path_of(found, put["id"]) == WAYS[topology]
    assert path_of(found, delete["id"]) == WAYS[topology]
    assert path_of(found, publish["id"])[-1] == "topic"
    assert put["destination"]["name"] == CACHE
    assert publish["destination"]["name"] == "orders"


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_what_fails_goes_to_the_queue(topology: str) -> None:
    found = model(topology)
    failing = {edge["from"].split()[0] for edge in found["edges"] if edge["on"] == "failure"}
    assert (
        failing
        == {
            "pipes": {"pipe"},
            "workflow": {"pipe", "workflow"},
            "bus": {"pipe", "rule"},
        }[topology]
    )


def test_a_pipe_says_which_changes_it_takes() -> None:
    details = [node["detail"] for node in model("pipes")["nodes"] if node["kind"] == "pipe"]
    assert details == ["INSERT, MODIFY", "INSERT, MODIFY, REMOVE", "MODIFY, REMOVE"]


def test_only_a_workflow_has_expressions_and_only_others_a_template() -> None:
    for topology in TOPOLOGIES:
        for route in model(topology)["routes"]:
            assert ("expressions" in route) == (topology == "workflow")
            assert (route["template"] is None) == (topology == "workflow")


def test_a_pipeline_that_cannot_be_read_says_why() -> None:
    found = broken_pipeline("a", "the pipe has an enrichment")
    assert (found["problem"], found["routes"]) == ("the pipe has an enrichment", [])


def test_the_key_of_no_connection_is_in_the_model() -> None:
    for topology in TOPOLOGIES:
        assert "uthorization" not in str(model(topology))


def test_a_deployment_has_what_the_model_needs() -> None:
    """The tests use `Deployed` in its place."""
    assert {"routes", "client", "rates"} <= set(dir(Deployment))
    assert topology_of(one.reader for one in orders("bus").routes) is Topology.BUS
