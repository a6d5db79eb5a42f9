"""Settle one dead letter: send its record's request, or the table's current state."""

from eventpipes import Event, Filtered, Pipe, Unprocessable
from ops.repair.converge import Converged, Converger, Own
from ops.repair.dead_letters import DeadLetter
from ops.deployment import PUBLISH, Deployment, table_of
from ops.repair.execution_logs import ExecutionLogs
from ops.repair.outcome import WORST_FIRST, Outcome
from ops.repair.sender import RefusedError, Sender, UnansweredError
from ops.repair.stream import Record, Stream
from ops.table import Item, shown

TRIMMED = "the record has left the stream"
FILTERED = "the pipe's filter, as it is deployed now, leaves this record out"

Verdict = tuple[Outcome, str, str]
"""What became of a letter, the key it was about as far as it is known, and why."""


class Settler:
    """Does what letters ask for; safe to use from several threads.

    With `dry_run` it says what it would do, and sends nothing.
    """

    def __init__(self, deployment: Deployment, sender: Sender, *, dry_run: bool = False) -> None:
        self._deployment = deployment
        self._sender = sender
        self._converger = Converger(deployment, sender)
        self._stream = Stream(deployment.client("dynamodbstreams"))
        self._logs = ExecutionLogs(deployment.client("logs"))
        self._dry_run = dry_run
        self._verb = "would be" if dry_run else "was"

    def settle(self, letter: DeadLetter) -> Verdict:
        """Do what a letter asks for; whether it is deleted is the caller's business.

        Raises:
            UnusableError: Momento takes no request at all.
            ClientError, BotoCoreError: AWS does not answer.

        """
        records = self._stream.records(letter.stream_arn, letter.shard, letter.first, letter.last)
        if records is None:
            return self._without_record(letter)
        pipe = self.pipe(letter)
        outcomes: dict[Outcome, str] = {}
        for record in records:
            try:
                replayed = self._replay(pipe, record)
                if replayed is None:
                    continue
                outcome, why = replayed
            except RefusedError as error:
                outcome, why = Outcome.REFUSED, error.answer
            except UnansweredError as error:
                outcome, why = Outcome.LEFT, str(error)
            outcomes.setdefault(outcome, why)
        if not outcomes:
            outcomes[Outcome.REFUSED] = FILTERED
        worst = min(outcomes, key=WORST_FIRST.index)
        keys = ", ".join(dict.fromkeys(shown(record["dynamodb"]["Keys"]) for record in records))
        return worst, keys, outcomes[worst]

    def _replay(self, pipe: Pipe, record: Record) -> tuple[Outcome, str] | None:
        """Send what the pipe makes of a record, unless the table has gone on since.

        Nothing is done for a record that the filter leaves out: a batch has such in between.
        """
        outcome = pipe.process(record)
        if isinstance(outcome, Filtered):
            return None
        if isinstance(outcome, Event):
            raise RefusedError("its pipe puts events on a bus: the rules' own letters hold them")
        if self._deployment.operation(pipe) == PUBLISH:
            if isinstance(outcome, Unprocessable):
                raise RefusedError(outcome.reason)
            if not self._dry_run:
                self._sender.send(outcome)
            return Outcome.SENT, ""
        own = Own(record["dynamodb"].get("NewImage"), outcome)
        done = self._bring(self._deployment.table.key_of(record["dynamodb"]["Keys"]), own)
        if done.own:
            return Outcome.SENT, ""
        return Outcome.SUPERSEDED, f"the item has changed since: {done.told(self._verb)}"

    def _without_record(self, letter: DeadLetter) -> Verdict:
        """Converge on the table where the record has left the stream."""
        key: Item | None = self._logs.key(self.pipe(letter).definition, letter)
        name = "" if key is None else shown(key)
        if self.is_publish(letter):
            why = f"{TRIMMED}, and a topic's message cannot be rebuilt without it"
            return Outcome.UNRECOVERABLE, name, why
        if key is None:
            why = f"{TRIMMED}, and no execution log tells its key: see docs/replay.md"
            return Outcome.UNRECOVERABLE, "", why
        try:
            done = self._bring(key)
        except RefusedError as error:
            return Outcome.REFUSED, name, error.answer
        except UnansweredError as error:
            return Outcome.LEFT, name, str(error)
        return Outcome.CONVERGED, name, f"{TRIMMED}: {done.told(self._verb)}"

    def _bring(self, key: Item, own: Own | None = None) -> Converged:
        bring = self._converger.plan if self._dry_run else self._converger.converge
        return bring(key, own)

    def strange(self, letter: DeadLetter | None) -> str:
        """Say why a message is no dead letter of this deployment; nothing if it is one."""
        if letter is None:
            return "it is no dead letter of a pipe that reads a DynamoDB stream"
        if letter.pipe_arn not in self._deployment.by_arn:
            return f"it is of another pipe: {letter.pipe_arn}"
        if table_of(letter.stream_arn) != self._deployment.table.name:
            return f"it is of another table's stream: {letter.stream_arn}"
        return ""

    def pipe(self, letter: DeadLetter) -> Pipe:
        """Return the pipe that gave the record up."""
        return self._deployment.by_arn[letter.pipe_arn]

    def is_publish(self, letter: DeadLetter) -> bool:
        """Say whether a letter is about a message to the topic."""
        return self._deployment.operation(self.pipe(letter)) == PUBLISH
