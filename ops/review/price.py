"""A month's price before and after a plan, as a section of the page.

What has a fixed price is counted in the plan. What costs by use is calculated as `capacity` does
it, for a stated number of changes; a pipe or a rule counts as if it took each record of its kind.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from eventpipes import Definition, RuleDefinition
from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from eventpipes.planned import after, before, rules_after, rules_before
from momento_pipes.topology import Topology
from momento_pipes.watch_settings import MEMORY_MB, WatchSettings
from ops.capacity import prices, watch
from ops.capacity.load import Load
from ops.capacity.prices import MONTH_SECONDS, Charge, Price, reads_of_streams, record_bytes
from ops.capacity.topology import build
from ops.review.plan import Action, Plan, ResourceChange
from ops.review.section import Section

CHANGES: Final = 1_000_000
"""The changes of each table in a month, unless the command is given another number."""
HEAD: Final = "### What a month costs"
UNCONFIRMED: Final = " (price not confirmed)"
_OPERATIONS: Final = {"PUT": PUT, "POST": PUBLISH, "DELETE": DELETE}
_FIXED: Final[Mapping[str, tuple[str, Price]]] = {
    "aws_cloudwatch_composite_alarm": ("composite alarms", prices.COMPOSITE_ALARMS),
    "aws_cloudwatch_dashboard": ("dashboards", prices.DASHBOARDS),
    "aws_cloudwatch_metric_alarm": ("alarms, by their metrics", prices.ALARM_METRICS),
    "aws_kms_key": ("keys of KMS", prices.KMS_KEYS),
    "aws_secretsmanager_secret": ("secrets", prices.SECRETS),
}
_LOGGED: Final = ("INFO", "TRACE", "ALL")
"""The log levels at which each record is logged, of pipes and of state machines."""
_IMAGES_LOGGED: Final = 2
"""How often a record is in the log with execution data: as it came and as it is sent. Assumed."""

Bill = dict[str, Charge]


def price(plan: Plan, changes: int = CHANGES) -> Iterator[Section]:
    """Yield the lines of the bill that the plan alters; nothing if it alters none."""
    old = _bill(
        [(change.type, change.before) for change in plan.changes],
        before(plan.document),
        rules_before(plan.document),
        changes,
    )
    new = _bill(
        [(change.type, _after(change)) for change in plan.changes],
        after(plan.document),
        rules_after(plan.document),
        changes,
    )
    rows = ["| | before | after |", "| --- | --- | --- |"]
    for name in old | new:
        sides = [_dollars(bill[name].dollars if name in bill else 0) for bill in (old, new)]
        if sides[0] != sides[1]:
            known = (new.get(name) or old[name]).price.confirmed
            rows.append(f"| {name}{'' if known else UNCONFIRMED} | {sides[0]} | {sides[1]} |")
    if len(rows) == 2:  # noqa: PLR2004 - the head
        return
    totals = [_dollars(sum(cost.dollars for cost in bill.values())) for bill in (old, new)]
    rows.append(f"| **all that is counted** | {totals[0]} | {totals[1]} |")
    said = (
        f"For {changes:,} changes a month of each table with a pipe (`--changes-per-month`), of"
        f" items of {Load().item_bytes:,} bytes, in tables of 1 GB, without failures; a workflow"
        " gets them one by one, which is the dearest, and a watch finds a difference in each run."
        " These are AWS's list prices in us-east-1, as"
        " `./help.sh capacity` has them. Not counted: the tables and their writes, stored logs, the"
        " log of a state machine, requests to KMS, what is free each month (but for reads of"
        " streams), and Momento."
    )
    yield Section(
        "\n\n".join([HEAD, "\n".join(rows), said]),
        f"{HEAD}\n\n{totals[0]} before, {totals[1]} after, for {changes:,} changes of each table.",
    )


def _after(change: ResourceChange) -> Mapping[str, Any]:
    """Return what is there afterwards; a resource that Terraform forgets stays."""
    return change.before if change.action is Action.FORGET else change.after


def _bill(
    resources: Iterable[tuple[str, Mapping[str, Any]]],
    pipes: Sequence[Definition],
    rules: Sequence[RuleDefinition],
    changes: int,
) -> Bill:
    bill: Bill = {}
    there = [(kind, values) for kind, values in resources if values]
    for kind, values in there:
        for charge in _fixed(kind, values):
            _add(bill, charge)
    reads = 0.0
    for settings, memory_mb in _watches(there):
        for charge in watch.charges(settings, memory_mb=memory_mb):
            _add(bill, charge)
        reads += watch.stream_reads(settings)
    running = [pipe for pipe in pipes if pipe.desired_state != "STOPPED"]
    for pipe in running:
        for charge in _of_pipe(pipe, rules, changes):
            _add(bill, charge)
    if running:
        shards = Load(writes=changes / MONTH_SECONDS).shards
        _add(bill, reads_of_streams(len(running) * shards, others=reads))
    return bill


def _add(bill: Bill, charge: Charge) -> None:
    units = bill[charge.name].units if charge.name in bill else 0
    bill[charge.name] = replace(charge, units=units + charge.units)


def _fixed(kind: str, values: Mapping[str, Any]) -> Iterator[Charge]:
    if kind in _FIXED:
        name, known = _FIXED[kind]
        yield Charge(name, known, _metrics(values) if "metric" in kind else 1)
    recovery = values.get("point_in_time_recovery") if kind == "aws_dynamodb_table" else None
    if any(block and block.get("enabled") for block in recovery or ()):
        yield Charge("point-in-time recovery", prices.RECOVERY, 1)


def _watches(
    resources: Iterable[tuple[str, Mapping[str, Any]]],
) -> Iterator[tuple[WatchSettings, int]]:
    schedules = {
        values["name"]: values.get("schedule_expression") or ""
        for kind, values in resources
        if kind == "aws_scheduler_schedule" and "name" in values
    }
    for kind, values in resources:
        if kind == "aws_lambda_function":
            settings = watch.settings_of(values, schedules)
            if settings is not None:
                yield settings, int(values.get("memory_size") or MEMORY_MB)


def _metrics(alarm: Mapping[str, Any]) -> int:
    """Count an alarm's metrics, without the expressions over them."""
    queries = alarm.get("metric_query") or []
    return sum(1 for query in queries if query.get("metric")) or 1


def _of_pipe(pipe: Definition, rules: Sequence[RuleDefinition], changes: int) -> Iterator[Charge]:
    """Yield the costs by use of a pipe and its targets, except the reads of the stream."""
    topology, routes = Topology.PIPES, [pipe.destination.method]
    if pipe.state_machine is not None:
        topology, routes = Topology.WORKFLOW, list(_OPERATIONS)
    elif pipe.event_bus is not None:
        name = pipe.event_bus.name
        topology = Topology.BUS
        routes = [
            rule.destination.method
            for rule in rules
            if rule.event_bus == name and rule.state != "DISABLED"
        ]
    known = frozenset(_OPERATIONS[method] for method in routes if method in _OPERATIONS)
    load = Load(writes=changes / MONTH_SECONDS, routes=known or frozenset(OPERATIONS), log_bytes=0)
    logged = Load(writes=load.writes, routes=load.routes, log_bytes=_log_bytes(pipe, load))
    for charge in build(topology, logged).charges:
        if charge.price is not prices.STREAM_READS:
            yield charge


def _log_bytes(pipe: Definition, load: Load) -> int:
    if pipe.logging.level not in _LOGGED:
        return 0
    images = _IMAGES_LOGGED * record_bytes(load, "MODIFY") if pipe.logging.execution_data else 0
    return Load().log_bytes + images


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}"
