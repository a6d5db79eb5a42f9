"""An event bus gives each event to the rules that the AWS API lists.

Only events from pipes reach the rules; moto handles the events of PutEvents. A rule gets the events
of all records that were written after the rule was created.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from eventpipes import Event, EventPipesError, Rule, RuleDefinition
from eventpipes.deployed import (
    ConnectionsOnce,
    RuleAndTarget,
    list_targets,
    read_rule,
)

from ..aws.passing_error import passes
from ..status import PipeStatus
from .delivery import Delivery
from .rule_target import BusEvent, RuleTarget
from .surroundings import Surroundings


@dataclass
class Bus:
    """Runs the rules of one bus. `make` returns the `RuleTarget` of a rule.

    `refresh` reads which rules and targets exist now. If a target was changed or removed, its old
    `RuleTarget` gets no more events and finishes the events that it has.
    """

    name: str
    _: KW_ONLY
    shared: Surroundings
    make: Callable[[Rule], RuleTarget]
    report: Callable[[Delivery], None]

    def __post_init__(self) -> None:
        self._known: list[RuleAndTarget] | None = None
        self._targets: dict[str, tuple[str, RuleTarget]] = {}
        self._stopped: dict[str, RuleDefinition] = {}
        self._former: list[RuleTarget] = []
        self._statuses: dict[str, PipeStatus] = {}
        self._lock = threading.RLock()

    @property
    def statuses(self) -> dict[str, PipeStatus]:
        """The status of every rule, by name (`bus/rule/target`)."""
        with self._lock:
            return dict(self._statuses)

    @property
    def is_idle(self) -> bool:
        """Whether every event has been delivered, or has become a dead letter."""
        with self._lock:
            targets = [*self._former, *(target for _, target in self._targets.values())]
        return all(target.is_idle for target in targets)

    def put(self, event: Event, record: Mapping[str, Any], created: datetime) -> None:
        """Give an event to the rules, which deliver it later. `created` is the record's time."""
        bus_event = BusEvent(
            envelope=event.envelope, record=record, created=created, at=datetime.now(UTC)
        )
        with self._lock:
            for _, target in self._targets.values():
                target.take(bus_event)
            for name, definition in self._stopped.items():
                reason = self._statuses[name].reason
                self.report(Delivery.of(definition, record, created, "undelivered", reason=reason))

    def refresh(self, *, closely: bool = False) -> None:
        """Read the rules and targets from the AWS API; with `closely`, also their destinations.

        Raises:
            BotoCoreError, ClientError: the bus does not exist, or the API does not answer, or it
                answers with an error that passes.

        """
        with self._lock:
            events = self.shared.client("events")
            targets = list_targets(self.name, events)
            if targets == self._known and not closely:
                return
            self._known = None  # after an error, the next call reads the rules again
            once = ConnectionsOnce(events, self.shared.read_secret)
            names = [self._look_at(target, once) for target in targets]
            self._known = targets
            for name in self._statuses.keys() - set(names):
                self._retire(name)
                self._statuses[name] = PipeStatus(name, "DELETED")
            self._close_former()

    def gone(self) -> None:
        """Note that the bus no longer exists: its rules get no more events."""
        with self._lock:
            self._known = None
            for name in self._statuses:
                self._retire(name)
                self._statuses[name] = PipeStatus(name, "DELETED")

    def close(self) -> None:
        """Finish the events that are being delivered; the statuses say if a rule could not."""
        with self._lock:
            for name in list(self._targets):
                self._retire(name)
            for target in self._former:
                name, left = target.rule.definition.full_name, target.close()
                reason = f"the runner ended with {left} events undelivered" if left else ""
                self._statuses[name] = PipeStatus(name, "STOPPED", reason)
            self._former.clear()

    def _look_at(self, target: RuleAndTarget, once: ConnectionsOnce) -> str:
        """Start, restart or stop the `RuleTarget` of a target; return its name."""
        rule, described = target
        name = f"{self.name}/{rule['Name']}/{described['Id']}"
        try:
            definition = read_rule(self.name, target, once, once.read_secret)
        except ClientError as error:
            if passes(error):
                raise  # without this rule, it would miss the events from now on
            if name not in self._targets:
                self._statuses[name] = PipeStatus(name, "RETRYING", str(error))
            return name
        secrets = definition.destination.connection.headers.values()
        fingerprint = repr(definition) + json.dumps([*secrets])
        running = self._targets.get(name)
        if running is None or running[0] != fingerprint:
            self._retire(name)
            self._run(definition, fingerprint)
        return name

    def _run(self, definition: RuleDefinition, fingerprint: str) -> None:
        name = definition.full_name
        if definition.state != "ENABLED":
            self._statuses[name] = PipeStatus(name, "STOPPED", f"it is {definition.state}")
            return
        try:
            target = self.make(Rule(definition))
        except EventPipesError as error:
            self._stopped[name] = definition
            self._statuses[name] = PipeStatus(name, "STOPPED", str(error))
            return
        self._targets[name] = fingerprint, target
        self._statuses[name] = PipeStatus(name, "RUNNING")
        target.start()

    def _retire(self, name: str) -> None:
        self._stopped.pop(name, None)
        if name in self._targets:
            self._former.append(self._targets.pop(name)[1])

    def _close_former(self) -> None:
        for target in [target for target in self._former if target.is_idle]:
            self._former.remove(target)
            target.close()
