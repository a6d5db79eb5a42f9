"""The deployed pipelines, recognized by the names of their pipes."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eventpipes.operations import OPERATIONS
from eventpipes.workflow_target import connections_of
from live.errors import LiveError

CHANGES = "changes"
"""The name of the only pipe of a pipeline with an event bus or a workflow."""
WEATHER = "weather"
"""The names of this stack's shared resources have only the prefix. Other stacks add their name."""
_DESTINATION = re.compile(rf":api-destination/(.+)-(?:{'|'.join(OPERATIONS)})-api-destination/")
_CONNECTION = re.compile(r":connection/(.+)-connection/")
_NAME = re.compile(rf"(.+)-({'|'.join((*OPERATIONS, CHANGES))})-pipe")


@dataclass(frozen=True)
class Pipeline:
    """A pipeline: the beginning of its resources' names, and its pipes.

    `pipes` has the pipes' names by operation, or by `changes`.
    """

    name: str
    pipes: Mapping[str, str] = field(default_factory=dict)


def list_pipelines(pipes: Any, prefix: str) -> dict[str, Pipeline]:  # noqa: ANN401 - a boto3 client
    """Return the pipelines by name. Their names are `{prefix}` and `{prefix}-...`.

    See AWS: EventBridge Pipes API, "ListPipes"; `pipes` is boto3's client.
    """
    pages = pipes.get_paginator("list_pipes").paginate(NamePrefix=f"{prefix}-")
    return group((pipe["Name"] for page in pages for pipe in page["Pipes"]), prefix)


def group(names: Iterable[str], prefix: str) -> dict[str, Pipeline]:
    """Return the pipelines of the pipes with these names, in alphabetical order.

    >>> group(["shop-orders-cache-put-pipe", "shop-orders-topic-publish-pipe", "other"], "shop")
    ... # doctest: +NORMALIZE_WHITESPACE
    {'shop-orders': Pipeline(name='shop-orders',
        pipes={'cache-put': 'shop-orders-cache-put-pipe',
               'topic-publish': 'shop-orders-topic-publish-pipe'})}
    """
    pipes_of: dict[str, dict[str, str]] = {}
    for name in sorted(names):
        match = _NAME.fullmatch(name)
        if match and (match[1] == prefix or match[1].startswith(f"{prefix}-")):
            pipes_of.setdefault(match[1], {})[match[2]] = name
    order = (*OPERATIONS, CHANGES)
    return {
        name: Pipeline(name, {kind: pipes[kind] for kind in order if kind in pipes})
        for name, pipes in sorted(pipes_of.items())
    }


def choose(
    pipelines: Mapping[str, Pipeline],
    prefix: str,
    wanted: str | None = None,
    *,
    stack: str = WEATHER,
    shared_name: Callable[[Pipeline], str] = lambda _: "",
) -> Pipeline:
    """Return the pipeline with this name, with or without the prefix.

    Without a name, return the stack's only pipeline, or the pipeline whose name is the prefix (the
    weather stack has it). `shared_name` returns the beginning of the names of the resources that
    the pipelines of a stack share. Only the weather stack uses the prefix alone.

    Raises:
        LiveError: there is no such pipeline, or there are several; the message lists them.
    """
    names = ", ".join(pipelines)
    if wanted is not None:
        for name in (wanted, f"{prefix}-{wanted}"):
            if name in pipelines:
                return pipelines[name]
        raise LiveError(f"there is no pipeline {wanted!r}; there are {names}")
    pipelines = of_stack(pipelines, prefix, stack=stack, shared_name=shared_name)
    if not pipelines:
        raise LiveError(
            f"no pipeline of the stack {stack} is deployed, but there are {names}: set STACK"
            " to their stack, or choose a pipeline with --pipeline"
        )
    if len(pipelines) == 1:
        return next(iter(pipelines.values()))
    if prefix in pipelines:
        return pipelines[prefix]
    raise LiveError(
        f"there are several pipelines: choose one with --pipeline: {', '.join(pipelines)}"
    )


def of_stack(
    pipelines: Mapping[str, Pipeline],
    prefix: str,
    *,
    stack: str,
    shared_name: Callable[[Pipeline], str],
) -> Mapping[str, Pipeline]:
    """Return the pipelines of a stack; see `choose`. None may be left."""
    if len(pipelines) <= 1 and stack == WEATHER:
        return pipelines
    shared = {name: shared_name(pipeline) for name, pipeline in pipelines.items()}
    wanted = prefix if stack == WEATHER else f"{prefix}-{stack}"
    own = {name: pipeline for name, pipeline in pipelines.items() if shared[name] == wanted}
    if own or stack == WEATHER:
        return own or pipelines
    return {name: pipeline for name, pipeline in pipelines.items() if shared[name] != prefix}


def shared_name(pipeline: Pipeline, client: Callable[[str], Any]) -> str:
    """Return the beginning of the names of the stack's shared resources, or "" if it is not known.

    It is in the names of the API destinations, and of the connection in a workflow's definition.
    `client` returns boto3's client of a service.

    See AWS: "DescribePipe", "ListTargetsByRule" and "DescribeStateMachine".
    """
    pipes, events = client("pipes"), client("events")
    for name in pipeline.pipes.values():
        target = pipes.describe_pipe(Name=name)["Target"]
        if ":stateMachine:" in target:
            machine = client("stepfunctions").describe_state_machine(stateMachineArn=target)
            connections = sorted(connections_of(machine["definition"]))
            names = [match[1] for arn in connections if (match := _CONNECTION.search(arn))]
            if names:
                return names[0]
        bus = target.partition(":event-bus/")[2]
        rules = events.list_rules(EventBusName=bus)["Rules"] if bus else []
        arns = [target]
        for rule in rules:
            targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)
            arns += [each["Arn"] for each in targets["Targets"]]
        for arn in arns:
            if match := _DESTINATION.search(arn):
                return match[1]
    return ""
