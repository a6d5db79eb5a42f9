"""Wait until every pipe of a new deployment reads its stream.

A pipe with LATEST may miss what is written while it starts, and nothing says when it has started.
So an item is written and removed again and again, until all of its requests have come.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from live.aws import asking_aws
from ops.prove import deliveries
from ops.prove.items import NO_ITEM, usual_item
from ops.prove.observation import LOOK_SECONDS, ProofClients, SeenMessages, read_entries
from ops.prove.pipelines import ProvedPipeline

AGAIN_SECONDS: Final = 10.0
"""How long a write may take to come before the next one."""


@dataclass
class _Probe:
    """The item that is written to a table and removed, until its deliveries have come."""

    pipeline: ProvedPipeline
    mark: str
    item: Mapping[str, Any]
    addresses: list[str]
    is_removed: bool = False
    tries: int = 0
    due: float = 0.0


class Readiness:
    """Probes of pipelines; `waiting` are the names of those that have not answered."""

    def __init__(
        self,
        pipelines: Mapping[str, ProvedPipeline],
        clients: ProofClients,
        messages: SeenMessages,
        run: str,
    ) -> None:
        self._clients = clients
        self._messages = messages
        now = int(time.time())
        self._probes = []
        for name, pipeline in pipelines.items():
            mark = f"{run}-{name}-{NO_ITEM}"
            item = usual_item(mark, mark, clients.cache, now)
            record = {
                "eventName": "INSERT",
                "dynamodb": {"Keys": {key: item[key] for key in pipeline.keys}, "NewImage": item},
            }
            wanted = deliveries.expected(pipeline.topology, pipeline.routes, [record])
            self._probes.append(_Probe(pipeline, mark, item, list(wanted.entries)))

    @property
    def waiting(self) -> list[str]:
        """The names of the pipelines with missing deliveries."""
        return [probe.pipeline.name for probe in self._probes]

    def wait(self, patience: float, progress: Callable[[int], None]) -> None:
        """Return when all pipelines have put, published and deleted, or after the time-out."""
        deadline = time.monotonic() + patience
        count = len(self._probes)
        while self._probes and time.monotonic() < deadline:
            self._probes = [probe for probe in self._probes if not self._is_done(probe)]
            progress(count - len(self._probes))
            time.sleep(LOOK_SECONDS if self._probes else 0)

    def _is_done(self, probe: _Probe) -> bool:
        """Take the probe's next step if its deliveries came; return whether it was the last."""
        held = read_entries(self._clients, probe.addresses).values()
        if probe.is_removed and all(value is None for value in held):
            return True
        if not probe.is_removed and self._messages.of(probe.mark) and None not in held:
            probe.is_removed, probe.tries, probe.due = True, 0, 0.0
        if time.monotonic() >= probe.due:
            probe.due = time.monotonic() + AGAIN_SECONDS
            self._write(probe)
            probe.tries += 1
        return False

    def _write(self, probe: _Probe) -> None:
        table = probe.pipeline.client(self._clients.aws)
        changed = {**probe.item, "Text": {"S": f"attempt {probe.tries}"}}
        with asking_aws():
            if not probe.is_removed or probe.tries:
                table.put(changed)
            if probe.is_removed:
                table.delete(table.key_of(probe.item))
