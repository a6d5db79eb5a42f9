"""A key of an earlier version is found in a state and in a plan, and taken out of the state."""

import copy
from typing import Any

import pytest

from momento_pipes.momento.update_connection import PLACEHOLDER
from ops.deploy import former_key
from ops.terraform.terraform import Terraform

KEY = "planted-77d0-key"


def connection(value: str | None) -> dict[str, Any]:
    """Return a connection's attributes, as Terraform writes them."""
    return {"auth_parameters": [{"api_key": [{"key": "Authorization", "value": value}]}]}


def state(*values: str | None) -> dict[str, Any]:
    """Return a state with a connection for each value, and something else."""
    found = [
        {"type": former_key.CONNECTION, "instances": [{"attributes": connection(value)}]}
        for value in values
    ]
    other = {"type": "aws_sqs_queue", "instances": [{"attributes": {"name": "q"}}]}
    return {"version": 4, "serial": 7, "lineage": "l", "resources": [*found, other]}


def plan(value: str, action: str = "no-op") -> dict[str, Any]:
    """Return a plan for a connection of a state."""
    change = {"actions": [action], "before": connection(value)}
    return {"resource_changes": [{"type": former_key.CONNECTION, "change": change}]}


def test_a_key_is_found_and_a_placeholder_is_ignored() -> None:
    assert former_key.is_in(state(KEY))
    assert former_key.is_in(state(PLACEHOLDER, KEY))
    assert former_key.is_in(plan(KEY))
    for document in (state(PLACEHOLDER), state(None), state(), plan(PLACEHOLDER), {}):
        assert not former_key.is_in(document), document


def test_a_connection_that_is_created_has_no_key_yet() -> None:
    created = {"actions": ["create"], "before": None}
    changes = [{"type": former_key.CONNECTION, "change": created}]
    assert not former_key.is_in({"resource_changes": changes})


def test_only_the_key_and_the_serial_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terraform takes a state only with a higher serial."""
    pushed: list[dict[str, Any]] = []
    terraform = object.__new__(Terraform)
    monkeypatch.setattr(Terraform, "pull_state", lambda _: copy.deepcopy(state(KEY)))
    monkeypatch.setattr(Terraform, "push_state", lambda _, given: pushed.append(given))
    former_key.take_out(terraform)
    assert pushed == [state(PLACEHOLDER) | {"serial": 8}]
