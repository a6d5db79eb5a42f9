"""Replay the letters of the dead-letter queues, one by one.

A letter is deleted only after Momento took the request of its record, or the table's current state
instead. docs/replay.md says what is guaranteed.
"""

import threading
from collections.abc import Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field

from botocore.exceptions import BotoCoreError, ClientError

from live.aws import asking_aws, fatal
from live.dead_letters import DeadLetter, QueueMessage, names_no_record, parse
from live.deployment import Deployment
from live.errors import LiveError
from live.letter_queue import LetterQueue
from live.momento.client import Momento, UnusableError
from live.redrive.foreign import foreign
from live.redrive.replay import LetterReplay
from live.redrive.replay_results import DONE, LetterResult, LetterStatus, RedriveSummary
from live.route import Route
from live.undelivered import UndeliveredRecords
from live.workflow_route import WorkflowRoute

ROUND = 50
"""Letters in one round. Neighbours of a round are read together, and published in their order."""
WORKERS = 8
FRUITLESS = 3
"""Rounds without a new letter, after which the queue counts as read."""


@dataclass
class Redrive:
    """One run over the dead-letter queues of a deployment.

    `only` restricts it to the letters of one pipe or rule, `chosen` to the messages with these ids.
    `most` is the most letters that it handles. `stop` ends the run after the letters in work.
    `discard` deletes the messages that name no record. `tell` gets each result, and the approximate
    number of letters that wait.
    """

    deployment: Deployment
    sender: Momento
    _: KW_ONLY
    only: Route | None = None
    chosen: Container[str] | None = None
    most: int | None = None
    dry_run: bool = False
    discard: bool = False
    hold: int = 60
    stop: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[LetterResult, int], None] = lambda *_: None

    def __post_init__(self) -> None:
        self._replay = LetterReplay(self.deployment, self.sender, dry_run=self.dry_run)
        self._halt: LiveError | None = None
        self._total = 0

    def run(self) -> RedriveSummary:
        """Replay letters until the queues give no new ones; return what was done.

        Raises:
            LiveError: AWS cannot be asked. Letters that were replayed before are done.

        """
        summary = RedriveSummary(dry_run=self.dry_run)
        with asking_aws():
            for arn in self.deployment.queues:
                queue = LetterQueue.of(arn, self.deployment.client("sqs"), hold=self.hold)
                self._total += queue.count()[0]
                self._drain(queue, summary)
                waiting, hidden = queue.count()
                summary.waiting += waiting
                summary.hidden += hidden
            summary.not_final = self._not_final(summary)
        summary.halted = self._halt
        summary.interrupted = self.stop.is_set()
        return summary

    def _not_final(self, summary: RedriveSummary) -> int:
        """Count the keys that were sent and whose records a pipe may still deliver."""
        ahead = {
            result.key
            for result in summary.results
            if result.key and result.status in (LetterStatus.SUPERSEDED, LetterStatus.CONVERGED)
        }
        if not ahead or self.dry_run:
            return 0
        return len(UndeliveredRecords(self.deployment).until(ahead))

    def _drain(self, queue: LetterQueue, summary: RedriveSummary) -> None:
        seen: set[str] = set()
        kept: dict[str, QueueMessage] = {}
        fruitless = 0
        try:
            while fruitless < FRUITLESS and not self._is_over(summary):
                in_hand: dict[str, QueueMessage] = {}
                with queue.held(in_hand):
                    self._receive(queue, summary, in_hand)
                    if not in_hand:
                        break
                    fresh = [message for name, message in in_hand.items() if name not in seen]
                    kept |= in_hand
                    seen |= in_hand.keys()
                    fruitless = 0 if fresh else fruitless + 1
                    for result in self._replay_all(queue, fresh):
                        summary.results.append(result)
                        if result.status in DONE and not self.dry_run:
                            kept.pop(result.message_id, None)
        finally:
            queue.give_back(list(kept.values()))

    def _is_over(self, summary: RedriveSummary) -> bool:
        enough = self.most is not None and len(summary.results) >= self.most
        return enough or self._halt is not None or self.stop.is_set()

    def _receive(
        self, queue: LetterQueue, summary: RedriveSummary, in_hand: dict[str, QueueMessage]
    ) -> None:
        """Receive the messages of one round; SQS may give a message twice, which counts once."""
        left = ROUND if self.most is None else min(ROUND, self.most - len(summary.results))
        while len(in_hand) < left and (page := queue.receive(left - len(in_hand))):
            before = len(in_hand)
            in_hand |= {message.id: message for message in page}
            if len(in_hand) == before:
                return

    def _replay_all(
        self, queue: LetterQueue, messages: Sequence[QueueMessage]
    ) -> list[LetterResult]:
        """Replay messages: for a topic in their order, for a cache in parallel."""
        letters: list[DeadLetter] = []
        done: list[LetterResult] = []
        for message in messages:
            if self.chosen is not None and message.id not in self.chosen:
                continue
            letter = parse(message)
            why = foreign(letter, self.deployment)
            if letter is not None and not why:
                if self.only is None or _is_of(self.only, letter):
                    letters.append(letter)
            elif self.only is None and names_no_record(message):
                done.append(self._told(self._without_record(queue, message)))
            elif self.only is None:
                result = LetterResult(status=LetterStatus.FOREIGN, message_id=message.id, why=why)
                done.append(self._told(result))
        letters.sort(key=lambda letter: int(letter.first))
        in_order = [letter for letter in letters if self._replay.is_publish(letter)]
        groups = [[letter] for letter in letters if not self._replay.is_publish(letter)]
        with ThreadPoolExecutor(WORKERS) as pool:
            tasks = [pool.submit(self._replay_group, queue, group) for group in [in_order, *groups]]
            for task in tasks:
                done += task.result()
        return done

    def _without_record(self, queue: LetterQueue, message: QueueMessage) -> LetterResult:
        """Delete a message that names no record, if it is to be discarded."""
        if not self.discard:
            status, why = LetterStatus.NO_RECORD, "CreatePipe may leave one: --discard-no-record"
        else:
            status, why = LetterStatus.DISCARDED, "it names no record"
            if not self.dry_run:
                queue.delete(message)
        return LetterResult(status=status, message_id=message.id, why=why)

    def _replay_group(
        self, queue: LetterQueue, letters: Sequence[DeadLetter]
    ) -> list[LetterResult]:
        return [self._told(self._replay_one(queue, letter)) for letter in letters]

    def _replay_one(self, queue: LetterQueue, letter: DeadLetter) -> LetterResult:
        """Replay one letter and delete it, or say why it stays."""
        key = ""
        status, why = LetterStatus.LEFT, "interrupted before its turn"
        if self._halt is not None:
            why = "the run ended before its turn"
        elif not self.stop.is_set():
            try:
                status, key, why = self._replay.replay(letter)
                if status in DONE and not self.dry_run:
                    queue.delete(letter.message)
            except UnusableError as error:
                self._halt = error
                why = "the run ended at it"
            except (BotoCoreError, ClientError) as error:
                why = f"AWS: {error}"
                if (ending := fatal(error)) is not None:
                    self._halt = ending
        return LetterResult(
            status=status,
            message_id=letter.message.id,
            pipe=letter.name,
            sequence_number=letter.first,
            key=key,
            why=why,
        )

    def _told(self, result: LetterResult) -> LetterResult:
        self.tell(result, self._total)
        return result


def _is_of(route: Route, letter: DeadLetter) -> bool:
    """Return whether a letter is a route's. A workflow's batch belongs to all its routes."""
    if not isinstance(route, WorkflowRoute):
        return letter.arn == route.definition.arn
    is_of_method = letter.refused is None or letter.refused.method == route.method
    return letter.arn in route.arns and is_of_method
