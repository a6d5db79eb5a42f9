"""The deployed pipelines, recognized by the names of their pipes."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from eventpipes.operations import OPERATIONS
from eventpipes.workflow_target import connections_of
from live.errors import LiveError

CHANGES = "changes"
"""The one pipe of a pipeline with an event bus or with a workflow."""
WEATHER = "weather"
"""The stack whose shared resources are named with the prefix alone; others add their name."""
_DESTINATION = re.compile(rf":api-destination/(.+)-(?:{'|'.join(OPERATIONS)})-api-destination/")
_CONNECTION = re.compile(r":connection/(.+)-connection/")
_NAME = re.compile(rf"(.+)-({'|'.join((*OPERATIONS, CHANGES))})-pipe")


@dataclass(frozen=True)
class Pipeline:
    """One pipeline: its name, with which the names of its resources begin, and its pipes.

    `pipes` are names by operation, or by `changes`.
    """

    name: str
    pipes: Mapping[str, str] = field(default_factory=dict)


def list_pipelines(pipes: Any, prefix: str) -> dict[str, Pipeline]:  # noqa: ANN401 - a boto3 client
    """Return the pipelines named by a prefix, by name: `{prefix}` and `{prefix}-...`.

    See AWS: EventBridge Pipes API, "ListPipes"; `pipes` is boto3's client.
    """
    return group(_names(pipes, prefix), prefix)


def group(names: Iterable[str], prefix: str) -> dict[str, Pipeline]:
    """Return the pipelines that pipes of these names belong to, in alphabetical order.

    >>> group(["shop-orders-cache-put-pipe", "shop-orders-topic-publish-pipe", "other"], "shop")
    ... # doctest: +NORMALIZE_WHITESPACE
    {'shop-orders': Pipeline(name='shop-orders',
        pipes={'cache-put': 'shop-orders-cache-put-pipe',
               'topic-publish': 'shop-orders-topic-publish-pipe'})}
    """
    found: dict[str, dict[str, str]] = {}
    for name in sorted(names):
        match = _NAME.fullmatch(name)
        if match and (match[1] == prefix or match[1].startswith(f"{prefix}-")):
            found.setdefault(match[1], {})[match[2]] = name
    order = (*OPERATIONS, CHANGES)
    return {
        name: Pipeline(name, {one: pipes[one] for one in order if one in pipes})
        for name, pipes in sorted(found.items())
    }


def choose(
    found: Mapping[str, Pipeline],
    prefix: str,
    wanted: str | None = None,
    *,
    stack: str = WEATHER,
    shared_name: Callable[[Pipeline], str] = lambda _: "",
) -> Pipeline:
    """Return the pipeline of a name, with or without the prefix.

    Without a name it is the stack's pipeline: the only one, or the one with the prefix as its name,
    such as the weather stack's. `shared_name` returns how the names begin that a pipeline's stack
    gives to shared resources. A stack that names them itself is known not to be the weather stack.

    Raises:
        LiveError: there is none, or several; the message lists them.

    """
    there_are = ", ".join(found)
    if wanted is not None:
        for name in (wanted, f"{prefix}-{wanted}"):
            if name in found:
                return found[name]
        raise LiveError(f"there is no pipeline {wanted!r}; there are {there_are}")
    if len(found) > 1 or stack != WEATHER:
        found = _of_stack(found, prefix, stack, shared_name)
        if not found:
            raise LiveError(
                f"no pipeline of the stack {stack} is deployed; there are {there_are}: set STACK"
                " to theirs, or choose one with --pipeline"
            )
    if len(found) == 1:
        return next(iter(found.values()))
    if prefix in found:
        return found[prefix]
    raise LiveError(
        f"there are several pipelines: choose one with --pipeline, of {', '.join(found)}"
    )


def _of_stack(
    found: Mapping[str, Pipeline],
    prefix: str,
    stack: str,
    shared_name: Callable[[Pipeline], str],
) -> Mapping[str, Pipeline]:
    shared = {name: shared_name(pipeline) for name, pipeline in found.items()}
    wanted = prefix if stack == WEATHER else f"{prefix}-{stack}"
    own = {name: one for name, one in found.items() if shared[name] == wanted}
    if own or stack == WEATHER:
        return own or found
    return {name: one for name, one in found.items() if shared[name] != prefix}


def shared_name(pipeline: Pipeline, client: Callable[[str], Any]) -> str:
    """Return how the names begin of what a pipeline's stack shares; empty if that is not known.

    The API destinations have this name, and the connection that a workflow's definition names.
    `client` returns boto3's client of a service.

    See AWS: "DescribePipe", "ListTargetsByRule" and "DescribeStateMachine".
    """
    pipes, events = client("pipes"), client("events")
    for name in pipeline.pipes.values():
        target = pipes.describe_pipe(Name=name)["Target"]
        if ":stateMachine:" in target:
            machine = client("stepfunctions").describe_state_machine(stateMachineArn=target)
            found = sorted(connections_of(machine["definition"]))
            names = [match[1] for arn in found if (match := _CONNECTION.search(arn))]
            if names:
                return names[0]
        bus = target.partition(":event-bus/")[2]
        rules = events.list_rules(EventBusName=bus)["Rules"] if bus else []
        arns = [target]
        for rule in rules:
            targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)
            arns += [one["Arn"] for one in targets["Targets"]]
        for arn in arns:
            if match := _DESTINATION.search(arn):
                return match[1]
    return ""


def _names(pipes: Any, prefix: str) -> Iterator[str]:  # noqa: ANN401 - a boto3 client
    for page in pipes.get_paginator("list_pipes").paginate(NamePrefix=f"{prefix}-"):
        for pipe in page["Pipes"]:
            yield pipe["Name"]
