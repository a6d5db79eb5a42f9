"""Write the items, and wait for everything that the engine predicts."""

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from ops.prove import deliveries, observation
from ops.prove.comparison import Agreement, ComparedAnswer
from ops.prove.deliveries import PredictedEnd, ProvedItem
from ops.prove.items import ItemWrite, changes, records
from ops.prove.observation import ProofClients, SeenLetters, SeenMessages
from ops.prove.pipelines import ProvedPipeline
from ops.prove.readiness import Readiness

UNASKED: Final = "what nobody asked for"
Progress = Callable[[str, int, int], None]
"""A function that gets the step's name, the finished part and the total."""


class Delivering:
    """One run over all pipelines; `deliveries` and `unasked` are its result.

    Raises:
        OpsError, LiveError: AWS or Momento cannot be asked.

    """

    def __init__(
        self, pipelines: Mapping[str, ProvedPipeline], clients: ProofClients, progress: Progress
    ) -> None:
        self._pipelines = pipelines
        self._clients = clients
        self._progress = progress
        self._run = secrets.token_hex(3)
        self._plans = {
            name: list(
                changes(
                    name, pipeline.keys, run=self._run, cache=clients.cache, now=int(time.time())
                )
            )
            for name, pipeline in pipelines.items()
        }
        mark = re.compile(rf"{self._run}-[a-z]+-[a-z]+-[0-9]{{3}}")
        self._messages = SeenMessages(clients.momento, clients.access, mark)
        self._letters = SeenLetters(clients.aws("sqs"))
        self._expected: dict[str, PredictedEnd] = {}
        self.deliveries: list[ProvedItem] = []
        self.unasked: list[ComparedAnswer] = []
        self.silent: list[str] = []
        """Pipelines that did not deliver the first item in time."""

    def run(self) -> None:
        """Write, wait, and read everything once more at the end."""
        try:
            self._messages.watch(self._topics())
            self._get_ready()
            self._write()
            self.deliveries = self._read_streams()
            self._wait()
        finally:
            self._messages.stop()
        self.unasked = list(self._unasked())

    def comparisons(self, proved: ProvedItem) -> list[ComparedAnswer]:
        """Return the comparisons of one item."""
        return list(deliveries.comparisons(proved, self._expected[proved["mark"]]))

    def all_comparisons(self) -> list[ComparedAnswer]:
        """Return all comparisons, and what nobody asked for."""
        return [
            *(answer for each in self.deliveries for answer in self.comparisons(each)),
            *self.unasked,
        ]

    def _topics(self) -> list[tuple[str, str]]:
        """Return the topics to read: those of one item of each behaviour."""
        return [
            topic
            for name, pipeline in self._pipelines.items()
            for lives in {own[0].behaviour: own for own in _by_mark(self._plans[name])}.values()
            for topic in deliveries.topics(pipeline.topology, pipeline.routes, records(lives))
        ]

    def _get_ready(self) -> None:
        readiness = Readiness(self._pipelines, self._clients, self._messages, self._run)
        count = len(self._pipelines)
        readiness.wait(
            self._clients.patience,
            lambda done: self._progress("waiting for the pipes", done, count),
        )
        self.silent = readiness.waiting

    def _write(self) -> None:
        count, done = sum(map(len, self._plans.values())), 0

        def one_more() -> None:
            nonlocal done
            done += 1
            self._progress("writing items", done, count)

        for name, pipeline in self._pipelines.items():
            table = pipeline.client(self._clients.aws)
            observation.write(table, self._plans[name], one_more)

    def _read_streams(self) -> list[ProvedItem]:
        """Return what is known of each item, with the records of its stream."""
        items: list[ProvedItem] = []
        for done, (name, pipeline) in enumerate(self._pipelines.items()):
            self._progress("reading streams", done, len(self._pipelines))
            lives = _by_mark(self._plans[name])
            wanted = {own[0].mark: records(own) for own in lives}
            came = observation.wait_for_records(
                self._clients.aws, pipeline, wanted, self._clients.patience
            )
            for own in lives:
                mark = own[0].mark
                self._expected[mark] = deliveries.expected(
                    pipeline.topology,
                    pipeline.routes,
                    came.get(mark, []),
                    max_ttl_seconds=self._clients.max_ttl_seconds,
                )
                items.append(
                    {
                        "pipeline": name,
                        "topology": pipeline.topology.value,
                        "behaviour": own[0].behaviour,
                        "mark": mark,
                        "writes": wanted[mark],
                        "records": came.get(mark, []),
                        "entries": {},
                        "messages": {},
                        "letters": [],
                    }
                )
        return items

    def _wait(self) -> None:
        """Observe until everything agrees in two reads, or until nothing new comes."""
        waiting = list(self.deliveries)
        seen, last = -1, time.monotonic()
        while True:
            waiting = self._differing(waiting)
            self._progress(
                "waiting for deliveries",
                len(self.deliveries) - len(waiting),
                len(self.deliveries),
            )
            if not waiting:
                time.sleep(self._clients.settle)
                waiting = self._differing(self.deliveries)
                if not waiting:
                    return
            now_seen = self._messages.count() + len(self._letters.found) - len(waiting)
            if now_seen != seen:
                seen, last = now_seen, time.monotonic()
            elif time.monotonic() - last > self._clients.patience:
                self._observe(self.deliveries)
                return
            time.sleep(observation.LOOK_SECONDS)

    def _differing(self, some: Sequence[ProvedItem]) -> list[ProvedItem]:
        """Observe some items, and return those that do not agree with the predictions."""
        self._observe(some)
        return [
            item
            for item in some
            if any(answer.agreement is not Agreement.AGREE for answer in self.comparisons(item))
        ]

    def _observe(self, some: Sequence[ProvedItem]) -> None:
        self._letters.take(pipeline.queue for pipeline in self._pipelines.values())
        addresses: dict[str, None] = {}
        for proved in some:
            queue = self._pipelines[proved["pipeline"]].queue
            proved["messages"] = self._messages.of(proved["mark"])
            proved["letters"] = [
                letter
                for record in proved["records"]
                for letter in self._letters.found.get(_letter_key(queue, record), [])
            ]
            addresses |= dict.fromkeys(self._addresses(proved))
        held = observation.read_entries(self._clients, list(addresses))
        for proved in some:
            proved["entries"] = {where: held[where] for where in self._addresses(proved)}

    def _addresses(self, proved: ProvedItem) -> list[str]:
        return list(self._expected[proved["mark"]].entries)

    def _unasked(self) -> list[ComparedAnswer]:
        """Return a comparison for each kind of result that belongs to no item."""
        known = {
            _letter_key(self._pipelines[item["pipeline"]].queue, record)
            for item in self.deliveries
            for record in item["records"]
        }
        strange = [
            letter
            for key, letters in self._letters.found.items()
            if key not in known
            for letter in letters
        ]
        kinds: dict[str, Sequence[object]] = {
            "messages that name no item": self._messages.unknown,
            "dead letters about no record": strange,
            "messages in the queues that are not dead letters": self._letters.foreign,
            "topics that could not be read": self._messages.problems,
        }
        return [
            ComparedAnswer(
                area=UNASKED,
                behaviour=what,
                name=what,
                agreement=Agreement.DIFFER if came else Agreement.AGREE,
                predicted="none",
                answered=f"{len(came)}: {came[:3]!r:.500}",
            )
            for what, came in kinds.items()
        ]


def _by_mark(plan: Sequence[ItemWrite]) -> list[list[ItemWrite]]:
    return [list(own) for _, own in groupby(plan, key=lambda change: change.mark)]


def _letter_key(queue: str, record: Mapping[str, Any]) -> tuple[str, str]:
    return queue, record["dynamodb"]["SequenceNumber"]
