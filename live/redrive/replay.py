"""Replay one dead letter: send the requests of its records, or the table's current state."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial

from eventpipes import Filtered, Request, Requests, Unprocessable
from eventpipes.operations import PUBLISH
from live.converge import Converged, Converger, Own
from live.dead_letters import DeadLetter
from live.dead_letters import RefusedRequest as Refused
from live.deployment import Deployment
from live.items import Item, key_text
from live.momento.client import Momento, RefusedError, UnansweredError
from live.redrive.logged_records import LoggedRecords
from live.redrive.replay_results import WORST_FIRST, LetterStatus
from live.route import Route, requests_in
from live.stream import Record, StreamReader
from live.workflow_route import WorkflowRoute

TRIMMED = "the record has left the stream"
FILTERED = "the pipe's filter, as it is deployed now, leaves this record out"

Replayed = tuple[LetterStatus, str, str]
"""What was done about a letter, the keys of its records if they are known, and why."""
Sent = tuple[LetterStatus, str] | None
"""What was done about a record, and why; None if a filter leaves it out."""


@dataclass
class LetterReplay:
    """Replays letters; safe to use from several threads.

    With `dry_run` it says what it would do, and sends nothing.
    """

    deployment: Deployment
    sender: Momento
    _: KW_ONLY
    dry_run: bool = False

    def __post_init__(self) -> None:
        self._converger = Converger(self.deployment, self.sender)
        self._stream = StreamReader(self.deployment.client("dynamodbstreams"))
        self._logs = LoggedRecords(self.deployment.client("logs"))
        self._verb = "would be" if self.dry_run else "was"

    def replay(self, letter: DeadLetter) -> Replayed:
        """Replay a letter; the caller deletes it.

        A batch is settled only if all its records are settled. Its result is the worst one.

        Raises:
            UnusableError: Momento takes no request at all.
            ClientError, BotoCoreError: AWS does not answer.

        """
        records = self._records(letter)
        if records is None:
            return self._without_records(letter)
        outcomes: dict[LetterStatus, str] = {}
        for record in records:
            for send in self._sends(letter, record):
                try:
                    replayed = send()
                except RefusedError as error:
                    replayed = LetterStatus.REFUSED, error.answer
                except UnansweredError as error:
                    replayed = LetterStatus.LEFT, str(error)
                if replayed is not None:
                    outcomes.setdefault(*replayed)
        if not outcomes:
            outcomes[LetterStatus.REFUSED] = FILTERED
        worst = min(outcomes, key=WORST_FIRST.index)
        return worst, _keys(records), outcomes[worst]

    def _records(self, letter: DeadLetter) -> list[Record] | None:
        if letter.record is not None:
            return [letter.record]
        if letter.event is not None:
            return [letter.event["detail"]]
        return self._stream.records(letter.stream_arn, letter.shard, letter.first, letter.last)

    def _sends(self, letter: DeadLetter, record: Record) -> Iterator[Callable[[], Sent]]:
        """Yield a record's sends. Each returns the outcome, or None if the record is left out."""
        if self.deployment.is_bulk(letter.arn):
            yield partial(self._put_again, record)
            return
        routes = self.routes(letter)
        if letter.refused is not None:
            yield partial(self._send_refused, routes, record, letter.refused)
            return
        if isinstance(routes[0], WorkflowRoute):
            yield partial(self._send_to_cache, routes, record)
            routes = [route for route in routes if route.operation == PUBLISH]
        yield from (partial(self._send, route, record, letter) for route in routes)

    def _send(self, route: Route, record: Record, letter: DeadLetter) -> Sent:
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
            return self._publish(requests_in(outcome))
        return self._converged(record, Own.of(record, outcome))

    def _publish(self, messages: Sequence[Request]) -> Sent:
        for message in messages if not self.dry_run else ():
            self.sender.send(message)
        return LetterStatus.SENT, ""

    def _converged(self, record: Record, own: Own | None) -> Sent:
        done = self._converge(self._key(record), own)
        if done.own:
            return LetterStatus.SENT, ""
        return LetterStatus.SUPERSEDED, f"the item has changed since: {done.described(self._verb)}"

    def _send_to_cache(self, routes: Sequence[Route], record: Record) -> Sent:
        """Bring the entries of a record's item to the table's state, if the record is not left out.

        All of the record's requests to the cache are sent together.
        """
        own = _own_of_all(routes, record)
        return None if own is None else self._converged(record, own)

    def _put_again(self, record: Record) -> Sent:
        """Send the current state of an item that `warm --on-aws` could not put."""
        done = self._converge(self._key(record))
        return LetterStatus.CONVERGED, f"a letter of warm --on-aws: {done.described(self._verb)}"

    def _send_refused(self, routes: Sequence[Route], record: Record, refused: Refused) -> Sent:
        """Send what Momento refused: the message, or the current state of the item's entries."""
        route = next((each for each in routes if each.method == refused.method), None)
        if not isinstance(route, WorkflowRoute):
            raise RefusedError(f"the workflow, as it is deployed now, sends no {refused.method}")
        as_it_was = route.refused_request(refused)
        whole = _is_whole(route, record)
        if route.operation == PUBLISH:
            made = requests_in(route.process(record)) if whole else ()
            return self._publish([_message(made, as_it_was, refused)])
        own = _own_of_all(routes, record) if whole else None
        if own is None and refused.method == "DELETE" and as_it_was is not None:
            own = Own(None, as_it_was)
        if own is not None and whole:
            return self._converged(record, own)
        done = self._converge(self._key(record), own)
        why = f"the letter does not have the whole item: {done.described(self._verb)}"
        return LetterStatus.CONVERGED, why

    def _without_records(self, letter: DeadLetter) -> Replayed:
        """Send the table's current state, because a record has left the stream."""
        routes = self.routes(letter)
        logged = self._logs.records(routes[0].reader, letter)
        names = _keys(logged)
        to_cache = [route for route in routes if route.operation != PUBLISH]
        outcome, why = LetterStatus.UNRECOVERABLE, f"{TRIMMED}, and no execution log tells its key"
        if not to_cache:
            why = f"{TRIMMED}, and a topic's message cannot be rebuilt without it"
        elif not logged:
            why += ": see docs/replay.md"
        else:
            try:
                for record in logged:
                    done = self._converge(self._key(record), _own_of_all(to_cache, record))
            except RefusedError as error:
                return LetterStatus.REFUSED, names, error.answer
            except UnansweredError as error:
                return LetterStatus.LEFT, names, str(error)
            outcome, why = LetterStatus.CONVERGED, f"{TRIMMED}: {done.described(self._verb)}"
            if len(logged) > 1:
                why = f"{TRIMMED}: each item's current state {self._verb} sent"
            if len(to_cache) < len(routes):
                outcome = LetterStatus.UNRECOVERABLE
                why += "; the topic's message cannot be rebuilt"
        return outcome, names, why

    def _converge(self, key: Item, own: Own | None = None) -> Converged:
        converge = self._converger.plan if self.dry_run else self._converger.converge
        return converge(key, own)

    def _key(self, record: Record) -> Item:
        try:
            return self.deployment.table.key_of(record["dynamodb"]["Keys"])
        except KeyError as error:
            raise RefusedError(
                f"its item has no {error}, so it comes from an earlier table"
            ) from None

    def routes(self, letter: DeadLetter) -> Sequence[Route]:
        """Return the routes that failed: a pipe's or a rule's, or all of a bus or a workflow."""
        return self.deployment.by_arn[letter.arn]

    def is_publish(self, letter: DeadLetter) -> bool:
        """Return whether a letter's records go to a topic."""
        if letter.refused is not None:
            return letter.refused.method == "POST"
        return any(route.operation == PUBLISH for route in self.routes(letter))


def _own_of_all(routes: Sequence[Route], record: Record) -> Own | None:
    """Return what the routes to the cache make of a record together; None if they send nothing."""
    outcomes = [route.process(record) for route in routes if route.operation != PUBLISH]
    requests = [request for outcome in outcomes for request in requests_in(outcome)]
    if requests:
        deletes_first = sorted(requests, key=lambda request: request.method)
        return Own.of(record, Requests(tuple(deletes_first)))
    for outcome in outcomes:
        if isinstance(outcome, Unprocessable):
            return Own.of(record, outcome)
    return None


def _is_whole(route: Route, record: Record) -> bool:
    """Return whether a letter has the whole record of the stream.

    A letter that would be too long has no images (docs/replay.md).
    """
    images = record["dynamodb"]
    has_images = bool(images.keys() & {"NewImage", "OldImage"})
    return route.reader.input_template is None and (
        has_images or images.get("StreamViewType") == "KEYS_ONLY"
    )


def _message(made: Sequence[Request], as_it_was: Request | None, refused: Refused) -> Request:
    """Return the refused message as the pipe makes it now, or else as it was.

    Raises:
        RefusedError: the letter has only a part of the message, and several messages may be meant.

    """
    same_topic = [request for request in made if not refused.endpoint or request.url == refused.url]
    if as_it_was is None or (len(same_topic) == 1 and as_it_was.body != same_topic[0].body):
        if len(same_topic) != 1:
            raise RefusedError(
                "the letter has only a part of the message, and the rest is not known"
            )
        return same_topic[0]
    return as_it_was


def _keys(records: Iterable[Record]) -> str:
    return ", ".join(dict.fromkeys(key_text(record["dynamodb"]["Keys"]) for record in records))
