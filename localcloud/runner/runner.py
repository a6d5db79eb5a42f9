"""Run the deployed pipes: from a stream's shards through `eventpipes` to HTTP, or to a bus.

The runner reads the definitions from the AWS API, so it runs what the provider really sent. One
thread checks the pipes and rules. Each running pipe has one thread for each shard, so the order of
the shard is kept. Each rule's target has several threads, without an order. The runner uses only
boto3, so it works with any AWS API.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from eventpipes import Definition, EventPipesError, Pipe, RuleDefinition
from eventpipes.deployed import ConnectionsOnce, read_definition

from ..aws.change_signal import ChangeSignal
from ..deliveries.authorization import Authorizations, secrets_of
from ..deliveries.deliverers import Deliverers
from ..deliveries.delivery import Delivery
from ..deliveries.logs import ExecutionLog
from ..deliveries.sender import Timing
from ..deliveries.step import Tell, tell_nobody
from ..deliveries.surroundings import Surroundings
from ..functions.run import Endpoints, FunctionRun, Functions
from ..functions.schedules import Schedules
from ..log_writer import LogWriter
from ..status import FAILED, PipeStatus
from ..workflows.executions import Executions
from .checkpoints import Checkpoints
from .clients import AwsClients
from .shard import ShardReader

if TYPE_CHECKING:
    from types_boto3_dynamodbstreams import DynamoDBStreamsClient

WATCH_SECONDS = 1.0
UNCHANGED_SECONDS = 30.0
"""The longest time between two reads of the definitions while the AWS API reports no change."""
IDLE_SECONDS = 0.05
SIGNALLED_SECONDS = 1.0
"""How long an idle reader waits if the AWS API tells of new records."""
FEW = 6
"""The number of readers that the local API can answer twenty times a second."""
GONE = ("NotFoundException", "ResourceNotFoundException")
WATCH = "(watch)"
"""The name of the status that shows errors in listing the pipes."""


@dataclass
class _Running:
    """A running pipe: its threads, and the events that stop them."""

    fingerprint: str
    readers: list[ShardReader]
    threads: list[threading.Thread] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    reading: threading.Event = field(default_factory=threading.Event)


class Runner:
    """Runs every pipe whose desired state is RUNNING. It is a context manager.

    Requests go to the origin `redirect` instead of the destination's origin, so that the stack can
    name the real Momento. `on_delivery` is called with every delivery, in a thread of the pipe or
    the rule, and `on_step` with every other step before (`localcloud.deliveries.step`). A pipe or
    rule that cannot be run as on AWS is stopped; `statuses` has the reason.
    Leaving waits for the requests that the rules are sending. `on_start` is called with every
    pipe and rule before it sends anything. Schedules of Lambda functions and executions of Standard
    state machines run, too (`localcloud.functions.schedules`, `localcloud.workflows.executions`);
    `on_run` gets each schedule's.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        region: str = "us-east-1",
        redirect: str | None = None,
        checkpoints: Checkpoints | None = None,
        timing: Timing | None = None,
        on_delivery: Callable[[Delivery], None] = lambda _: None,
        on_step: Tell = tell_nobody,
        on_start: Callable[[Definition | RuleDefinition], None] = lambda _: None,
        on_run: Callable[[FunctionRun], None] = lambda _: None,
    ) -> None:
        self._client = AwsClients(endpoint, region)
        self._signal = ChangeSignal(endpoint)
        self._checkpoints = checkpoints or Checkpoints()
        self._on_delivery = on_delivery
        self._on_step = on_step
        self._on_start = on_start
        self._running: dict[str, _Running] = {}
        self._statuses: dict[str, PipeStatus] = {}
        self._authorizations = Authorizations(self._client, self._client.secret)
        self._log_writer = LogWriter(self._client("logs"))
        self._log = ExecutionLog(self._log_writer)
        functions = Functions(self._client, self._log_writer, Endpoints(endpoint, region, redirect))
        timing = timing or Timing()
        reads = (self._authorizations, self._client.secret)
        shared = Surroundings(self._client, functions, *reads, timing, redirect)
        self._deliverers = Deliverers(
            shared,
            log=self._log,
            log_writer=self._log_writer,
            on_start=on_start,
            on_delivery=on_delivery,
            tell=on_step,
        )
        self._executions = Executions(endpoint, shared)
        self._schedules = Schedules(self._client, functions, timing.second, on_run)
        self._stop = threading.Event()
        self._since = 0.0
        self._watched = 0.0
        self._watcher = threading.Thread(target=self._watch, name="pipes", daemon=True)

    def __enter__(self) -> Self:
        self._since = self._watched = time.time()
        self._log_writer.start()
        self._signal.start()
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._watcher.join()
        for running in self._running.values():
            running.stop.set()
        self._signal.wake()
        for name in list(self._running):
            self._halt(name)
        for bus in self._deliverers.buses:
            bus.close()
        self._schedules.close()
        self._executions.close()
        self._log_writer.stop()
        self._signal.stop()
        self._client.close()

    @property
    def statuses(self) -> dict[str, PipeStatus]:
        """The status of every pipe by name, and of every rule by place (`bus/rule/target`)."""
        statuses = dict(self._statuses)
        for bus in self._deliverers.buses:
            statuses |= bus.statuses
        return statuses

    @property
    def rules_are_idle(self) -> bool:
        """Whether the rules of all buses have finished the events that they got."""
        return all(bus.is_idle for bus in self._deliverers.buses)

    @property
    def idle_seconds(self) -> float:
        """How long an idle reader waits: longer if there are many, or if it will be woken."""
        least = SIGNALLED_SECONDS if self._signal.is_heard else IDLE_SECONDS
        return least * max(1.0, len(self._running) / FEW)

    @property
    def heartbeat(self) -> dict[str, Any]:
        """How the runner is, as JSON; times are seconds since 1970.

        `watched` is when it last looked whether a definition has changed. Of each pipe, `read` is
        when it last read its stream, and `lag` is how many seconds ago the oldest record was
        written that it has read and not finished. Both are null for a rule.
        """
        now = time.time()
        return {
            "at": now,
            "since": self._since,
            "watched": self._watched,
            "stopped": self._stop.is_set(),
            "pipes": [
                {"name": name, "state": status.state, "reason": status.reason}
                | self._progress(name, now)
                for name, status in sorted(self.statuses.items())
            ],
        }

    def _progress(self, name: str, now: float) -> dict[str, float | None]:
        running = self._running.get(name)
        readers = running.readers if running else []
        read = [reader.read_at for reader in readers if reader.read_at is not None]
        oldest = [reader.oldest.timestamp() for reader in readers if reader.oldest is not None]
        lag = max(now - min(oldest, default=now), 0.0)
        return {"read": min(read, default=None), "lag": lag if read else None}

    def wait_until_reading(self, *names: str, seconds: float = 120) -> None:
        """Wait until these pipes read their shards.

        Raises:
            TimeoutError: a pipe does not read; the message has its status.

        """
        deadline = time.monotonic() + seconds
        for name in names:
            while not ((pipe := self._running.get(name)) and pipe.reading.is_set()):
                status = self._statuses.get(name)
                if time.monotonic() > deadline or (status and status.state == "STOPPED"):
                    raise TimeoutError(f"pipe {name} is not reading: {status}")
                time.sleep(0.02)

    def _watch(self) -> None:
        known, looked = -1, float("-inf")
        while not self._stop.is_set():
            begin, changes = time.monotonic(), self._signal.definitions
            self._watched = time.time()
            try:
                if changes != known or begin - looked > self._unchanged_seconds:
                    known, looked = changes, begin
                    self._look()
                    self._statuses.pop(WATCH, None)
            except Exception as error:  # noqa: BLE001 - without this thread, nothing begins any more
                self._statuses[WATCH] = PipeStatus(WATCH, "RETRYING", str(error) or repr(error))
            # Many pipes take long to check, and the local API has other work too.
            self._stop.wait(max(WATCH_SECONDS, time.monotonic() - begin))

    @property
    def _unchanged_seconds(self) -> float:
        """The longest time between two reads of the definitions while no change is reported."""
        retrying = any(status.state == "RETRYING" for status in self.statuses.values())
        return UNCHANGED_SECONDS if self._signal.is_heard and not retrying else 0.0

    def _look(self) -> None:
        """Start, restart and stop pipes, as they are deployed now."""
        self._authorizations.refresh()
        self._schedules.refresh()
        self._executions.refresh()
        pages = self._client("pipes").get_paginator("list_pipes").paginate()
        names = {
            pipe["Name"]
            for page in pages
            for pipe in page["Pipes"]
            if pipe["CurrentState"] != FAILED
        }
        for deleted in set(self._statuses) - names - {WATCH}:
            self._halt(deleted)
            self._statuses[deleted] = PipeStatus(deleted, "DELETED")
        once = ConnectionsOnce(self._client("events"), self._client.secret)
        for name in sorted(names):
            try:
                self._look_at(name, once)
            except ClientError as error:  # the other pipes are still checked
                if name not in self._running or error.response["Error"]["Code"] in GONE:
                    self._halt(name)
                    self._statuses[name] = PipeStatus(name, "RETRYING", str(error))
        for bus in self._deliverers.buses:
            try:
                bus.refresh(closely=True)
            except ClientError as error:
                if error.response["Error"]["Code"] not in GONE:
                    raise
                bus.gone()

    def _look_at(self, name: str, once: ConnectionsOnce) -> None:
        definition = read_definition(
            name,
            self._client("pipes"),
            once,
            once.read_secret,
            self._client("stepfunctions"),
        )
        fingerprint = repr(definition) + json.dumps(secrets_of(definition))
        running = self._running.get(name)
        if running is not None and running.fingerprint == fingerprint:
            return
        self._halt(name)
        if definition.desired_state != "RUNNING":
            self._statuses[name] = PipeStatus(name, "STOPPED", "its desired state is STOPPED")
            return
        try:
            pipe = Pipe(definition)
        except EventPipesError as error:
            self._statuses[name] = PipeStatus(name, "STOPPED", str(error))
            return
        self._start(pipe, fingerprint)

    def _start(self, pipe: Pipe, fingerprint: str) -> None:
        definition = pipe.definition
        streams: DynamoDBStreamsClient = self._client("dynamodbstreams")
        stream = streams.describe_stream(StreamArn=definition.source.arn)["StreamDescription"]
        running = _Running(fingerprint, [])
        bus = self._deliverers.bus_of(pipe)

        def report(delivery: Delivery) -> None:
            self._log.write(definition, delivery)
            self._on_delivery(delivery)

        def become(state: str, reason: str) -> None:
            if self._statuses[definition.name].state != "STOPPED":  # by another shard's reader
                self._statuses[definition.name] = PipeStatus(definition.name, state, reason)

        for shard in stream["Shards"]:
            reader = ShardReader(
                pipe,
                shard["ShardId"],
                streams=streams,
                deliverer=self._deliverers.make(pipe, shard["ShardId"], running.stop, bus),
                bus=bus,
                checkpoints=self._checkpoints,
                stop=running.stop,
                reading=running.reading,
                idle_seconds=lambda: self.idle_seconds,
                signal=self._signal,
                report=report,
                become=become,
                tell=self._on_step,
            )
            running.readers.append(reader)
            running.threads.append(
                threading.Thread(target=reader.run, name=definition.name, daemon=True)
            )
        self._on_start(definition)
        self._running[definition.name] = running
        self._statuses[definition.name] = PipeStatus(definition.name, "RUNNING")
        for thread in running.threads:
            thread.start()

    def _halt(self, name: str) -> None:
        running = self._running.pop(name, None)
        if running is None:
            return
        running.stop.set()
        self._signal.wake()
        for thread in running.threads:
            thread.join()
