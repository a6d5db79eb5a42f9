"""Replay one dead letter: send the request of its record, or the table's current state."""

from collections.abc import Sequence

from eventpipes import Filtered, Request, Unprocessable
from live.deployment import Deployment, table_of
from eventpipes.operations import PUBLISH
from ops.repair.converge import Converged, Converger, Own
from live.dead_letters import DeadLetter
from live.logged_records import LoggedRecords
from ops.redrive.results import WORST_FIRST, LetterStatus
from live.momento import RefusedError, Momento, UnansweredError
from live.stream import Record, Stream
from live.route import Route
from live.items import Item, key_text
from live.terminal import short

TRIMMED = "the record has left the stream"
FILTERED = "the pipe's filter, as it is deployed now, leaves this record out"

Replayed = tuple[LetterStatus, str, str]
"""What was done about a letter, the key of its record if that is known, and why."""


class LetterReplay:
    """Replays letters; safe to use from several threads.

    With `dry_run` it says what it would do, and sends nothing.
    """

    def __init__(self, deployment: Deployment, sender: Momento, *, dry_run: bool = False) -> None:
        self._deployment = deployment
        self._sender = sender
        self._converger = Converger(deployment, sender)
        self._stream = Stream(deployment.client("dynamodbstreams"))
        self._logs = LoggedRecords(deployment.client("logs"))
        self._dry_run = dry_run
        self._verb = "would be" if dry_run else "was"

    def replay(self, letter: DeadLetter) -> Replayed:
        """Replay a letter; the caller deletes it.

        Raises:
            UnusableError: Momento takes no request at all.
            ClientError, BotoCoreError: AWS does not answer.

        """
        records = self._records(letter)
        if records is None:
            return self._without_record(letter)
        outcomes: dict[LetterStatus, str] = {}
        for record in records:
            for route in self.routes(letter):
                try:
                    replayed = self._send(route, record, letter)
                    if replayed is None:
                        continue
                    outcome, why = replayed
                except RefusedError as error:
                    outcome, why = LetterStatus.REFUSED, error.answer
                except UnansweredError as error:
                    outcome, why = LetterStatus.LEFT, str(error)
                outcomes.setdefault(outcome, why)
        if not outcomes:
            outcomes[LetterStatus.REFUSED] = FILTERED
        worst = min(outcomes, key=WORST_FIRST.index)
        keys = ", ".join(dict.fromkeys(key_text(record["dynamodb"]["Keys"]) for record in records))
        return worst, keys, outcomes[worst]

    def _records(self, letter: DeadLetter) -> list[Record] | None:
        if letter.event is not None:
            return [letter.event["detail"]]
        return self._stream.records(letter.stream_arn, letter.shard, letter.first, letter.last)

    def _send(
        self, route: Route, record: Record, letter: DeadLetter
    ) -> tuple[LetterStatus, str] | None:
        """Send what a route makes of a record, unless the item has changed since.

        Nothing is sent for a record that the filter leaves out; a batch can contain such records.
        """
        if letter.event is None:
            outcome = route.process(record)
        else:
            outcome = route.process_event(letter.event)
        if isinstance(outcome, Filtered):
            return None
        if route.operation == PUBLISH:
            if isinstance(outcome, Unprocessable):
                raise RefusedError(outcome.reason)
            if not self._dry_run:
                self._sender.send(outcome)
            return LetterStatus.SENT, ""
        done = self._converge(self._key(record), _own(record, outcome))
        if done.own:
            return LetterStatus.SENT, ""
        return LetterStatus.SUPERSEDED, f"the item has changed since: {done.described(self._verb)}"

    def _without_record(self, letter: DeadLetter) -> Replayed:
        """Send the table's current state, because the record has left the stream."""
        routes = self.routes(letter)
        logged = self._logs.record(routes[0].reader, letter)
        name = "" if logged is None else key_text(logged["dynamodb"]["Keys"])
        to_cache = [route for route in routes if route.operation != PUBLISH]
        outcome, why = LetterStatus.UNRECOVERABLE, f"{TRIMMED}, and no execution log tells its key"
        if not to_cache:
            why = f"{TRIMMED}, and a topic's message cannot be rebuilt without it"
        elif logged is None:
            why += ": see docs/replay.md"
        else:
            try:
                done = self._converge(self._key(logged), _own_of_any(to_cache, logged))
            except RefusedError as error:
                return LetterStatus.REFUSED, name, error.answer
            except UnansweredError as error:
                return LetterStatus.LEFT, name, str(error)
            outcome, why = LetterStatus.CONVERGED, f"{TRIMMED}: {done.described(self._verb)}"
            if len(to_cache) < len(routes):
                outcome = LetterStatus.UNRECOVERABLE
                why += "; the topic's message cannot be rebuilt"
        return outcome, name, why

    def _converge(self, key: Item, own: Own | None = None) -> Converged:
        converge = self._converger.plan if self._dry_run else self._converger.converge
        return converge(key, own)

    def _key(self, record: Record) -> Item:
        try:
            return self._deployment.table.key_of(record["dynamodb"]["Keys"])
        except KeyError as error:
            raise RefusedError(
                f"its item has no {error}, so it comes from an earlier table"
            ) from None

    def foreign(self, letter: DeadLetter | None) -> str:
        """Say why a message is no dead letter of this pipeline; empty if it is one."""
        if letter is None:
            return "it is no dead letter of a DynamoDB stream's pipe, or of a rule behind one"
        if letter.arn not in self._deployment.by_arn:
            return short(f"it is of another pipe or rule: {letter.arn}")
        if table_of(letter.stream_arn) != self._deployment.table.name:
            return short(f"it is of another table's stream: {letter.stream_arn}")
        return ""

    def routes(self, letter: DeadLetter) -> Sequence[Route]:
        """Return the routes that failed: a pipe's, a rule's, or those of all rules of a bus."""
        return self._deployment.by_arn[letter.arn]

    def name(self, letter: DeadLetter) -> str:
        """Return the name of the pipe or the rule that gave the record up."""
        return letter.arn.rpartition("/")[2]

    def is_publish(self, letter: DeadLetter) -> bool:
        """Say whether a letter's record goes to the topic."""
        return any(route.operation == PUBLISH for route in self.routes(letter))


def _own(record: Record, outcome: Request | Unprocessable) -> Own:
    images = record["dynamodb"]
    return Own(images.get("NewImage"), outcome, before=images.get("OldImage"))


def _own_of_any(routes: Sequence[Route], record: Record) -> Own | None:
    """Return what the first route that sends a logged record makes of it."""
    for route in routes:
        outcome = route.process(record)
        if isinstance(outcome, Request):
            return _own(record, outcome)
    return None
