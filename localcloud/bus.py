"""An event bus: hands each event to the rules that the AWS API says are there.

What is run is what pipes put on it; events that others put are moto's own affair. A rule that is
in place when a record is written gets the record's event.
"""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from eventpipes import Event, EventPipesError, Rule, RuleDefinition
from eventpipes.deployed import ReadSecret, Target, list_targets, read_rule
from localcloud.delivery import Delivery
from localcloud.rule_target import Put, RuleTarget, outcome_of
from localcloud.status import PipeStatus

Make = Callable[[Rule], RuleTarget]


class Bus:
    """Runs the rules of one bus; `make` gives what delivers to a rule's target.

    `look` finds what has changed. What delivers to a target that was changed or removed gets no
    more events, and finishes what it has.
    """

    def __init__(
        self,
        name: str,
        *,
        client: Callable[[str], Any],
        read_secret: ReadSecret,
        make: Make,
        tell: Callable[[Delivery], None],
    ) -> None:
        self.name = name
        self._client = client
        self._read_secret = read_secret
        self._make = make
        self._tell = tell
        self._found: list[Target] | None = None
        self._targets: dict[str, tuple[str, RuleTarget]] = {}
        self._stopped: dict[str, RuleDefinition] = {}
        self._former: list[RuleTarget] = []
        self._statuses: dict[str, PipeStatus] = {}
        self._lock = threading.RLock()

    @property
    def statuses(self) -> dict[str, PipeStatus]:
        """What became of every rule, by place (`bus/rule/target`)."""
        with self._lock:
            return dict(self._statuses)

    def put(self, event: Event, record: Mapping[str, Any], created: datetime) -> None:
        """Hand an event to the rules; it is delivered later. `created` is the record's time."""
        put = Put(envelope=event.envelope, record=record, created=created, at=datetime.now(UTC))
        with self._lock:
            for _, target in self._targets.values():
                target.take(put)
            for place, definition in self._stopped.items():
                reason = self._statuses[place].reason
                self._tell(outcome_of(definition, put, "undelivered", reason=reason))

    def look(self, *, closely: bool = False) -> None:
        """Ask for the rules and their targets; closely: for their destinations, too.

        Raises:
            ClientError: there is no such bus, or it cannot be asked.

        """
        with self._lock:
            found = list_targets(self.name, self._client("events"))
            if found == self._found and not closely:
                return
            self._found = found
            places = [self._look_at(target) for target in found]
            for place in self._statuses.keys() - set(places):
                self._retire(place)
                self._statuses[place] = PipeStatus(place, "DELETED")
            self._close_former()

    def gone(self) -> None:
        """Take notice that the bus does not exist: no rule gets more events."""
        with self._lock:
            self._found = None
            for place in self._statuses:
                self._retire(place)
                self._statuses[place] = PipeStatus(place, "DELETED")

    def close(self) -> None:
        """Finish what is under way; say of which rules something could not be."""
        with self._lock:
            for place in list(self._targets):
                self._retire(place)
            for target in self._former:
                place, left = target.rule.definition.place, target.close()
                reason = f"the runner ended with {left} events undelivered" if left else ""
                self._statuses[place] = PipeStatus(place, "STOPPED", reason)
            self._former.clear()

    def _look_at(self, found: Target) -> str:
        """Start, change or stop what delivers to a target; return its place."""
        rule, target = found
        place = f"{self.name}/{rule['Name']}/{target['Id']}"
        try:
            definition = read_rule(self.name, found, self._client("events"), self._read_secret)
        except ClientError as error:
            if place not in self._targets:
                self._statuses[place] = PipeStatus(place, "RETRYING", str(error))
            return place
        secrets = definition.destination.connection.headers.values()
        fingerprint = repr(definition) + json.dumps([*secrets])
        running = self._targets.get(place)
        if running is None or running[0] != fingerprint:
            self._retire(place)
            self._run(definition, fingerprint)
        return place

    def _run(self, definition: RuleDefinition, fingerprint: str) -> None:
        place = definition.place
        if definition.state != "ENABLED":
            self._statuses[place] = PipeStatus(place, "STOPPED", f"it is {definition.state}")
            return
        try:
            target = self._make(Rule(definition))
        except EventPipesError as error:
            self._stopped[place] = definition
            self._statuses[place] = PipeStatus(place, "STOPPED", str(error))
            return
        self._targets[place] = fingerprint, target
        self._statuses[place] = PipeStatus(place, "RUNNING")
        target.start()

    def _retire(self, place: str) -> None:
        self._stopped.pop(place, None)
        if place in self._targets:
            self._former.append(self._targets.pop(place)[1])

    def _close_former(self) -> None:
        for target in [target for target in self._former if target.is_idle]:
            self._former.remove(target)
            target.close()
