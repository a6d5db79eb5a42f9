"""One run of the watch: choose keys, compare, settle, compare again, and say what was found."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from eventpipes.operations import PUT
from live.aws import GONE, asking_aws
from live.entry_state import (
    CHANGING,
    IN_SYNC,
    LEFT_OVER,
    MISSING,
    STALE,
    UNKNOWN,
    WRONG,
    values_outside_the_table,
)
from live.items import key_text, same
from live.watch.changed_keys import Changed, ChangedKeys, Memory
from live.watch.errors import WatchError
from live.watch.given import Given
from live.watch.look import EXPIRED, KeyLook, KeyLooker, Subject
from live.watch.reader import BudgetSpentError, EntryReader
from live.watch.sample import sample
from live.watch.watched_deployment import WatchedDeployment

SHOWN = 5
"""Wrong keys in the log of a run."""


@dataclass
class WatchResult:
    """What a run found: how many keys are in each state, and how late the oldest change is.

    The lags are seconds since the oldest change that the pipes have not delivered yet: of items
    (`put_lag`) and of removed keys (`delete_lag`). See `PipeLag`.
    """

    counts: Counter[str] = field(default_factory=Counter)
    put_lag: float = 0.0
    delete_lag: float = 0.0
    wrong: list[str] = field(default_factory=list)
    left: int = 0
    """Keys that were not looked at, because the budget was spent."""

    @property
    def metrics(self) -> dict[str, tuple[float, str]]:
        """The metrics: value and unit by name. A left-over entry is stale, too."""
        return {
            "StaleEntries": (self.counts[STALE] + self.counts[LEFT_OVER], "Count"),
            "MissingEntries": (self.counts[MISSING], "Count"),
            "OldestLagSeconds": (max(self.put_lag, self.delete_lag), "Seconds"),
            "PutLagSeconds": (self.put_lag, "Seconds"),
            "DeleteLagSeconds": (self.delete_lag, "Seconds"),
        }

    def as_json(self) -> dict[str, Any]:
        """Return it for the log."""
        return {
            "counts": dict(self.counts),
            "wrong": self.wrong[:SHOWN],
            "left": self.left,
            "metrics": {name: value for name, (value, _) in self.metrics.items()},
        }


@dataclass
class PipeLag:
    """How far the pipes are behind with one operation, from the first looks at changed keys.

    A pipe delivers in order. So a key that is wrong, and was changed after all the keys that are
    right, may still be delivered. A key that is wrong and was changed earlier stays wrong.
    """

    newest_right: float = 0.0
    wrong: list[float] = field(default_factory=list)

    def note(self, look: KeyLook) -> None:
        """Note a look, if the stream told when the key was changed."""
        changed = look.subject.changed
        if changed is None:
            return
        if look.state in WRONG:
            self.wrong.append(changed.at)
        elif look.state == IN_SYNC:
            self.newest_right = max(self.newest_right, changed.at)

    def seconds(self, now: float) -> float:
        """Return the age of the oldest change that may still be delivered."""
        waiting = [at for at in self.wrong if at > self.newest_right]
        return max(now - min(waiting, default=now), 0.0)


@dataclass(frozen=True)
class WatchRun:
    """Compares a sample of a pipeline's keys. It writes nothing but metrics."""

    given: Given
    memory: Memory
    _: KW_ONLY
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time

    def run(self) -> WatchResult:
        """Compare.

        Raises:
            LiveError: nothing can be compared; the message has the next step.

        """
        given = self.given
        with WatchedDeployment(given) as deployment, asking_aws():
            put = deployment.required(PUT, "nothing must be in the cache")
            if problem := values_outside_the_table(put):
                raise WatchError(problem)
            key = read_key(deployment.client("secretsmanager"), given.secret)
            reader = EntryReader(
                key, requests=given.requests, redirect=given.redirect, sleep=self.sleep
            )
            streams = deployment.client("dynamodbstreams")
            changed = ChangedKeys(
                streams, deployment.stream_arn, deployment.table, self.memory
            ).read()
            chosen = self._chosen(changed)
            subjects = {key_text(change.key): Subject(change.key, change) for change in chosen}
            for sampled in sample(deployment.table, given.items):
                name = key_text(sampled)
                subjects.setdefault(name, Subject(sampled, changed.get(name)))
            looker = KeyLooker(deployment, reader, self.now)
            with closing(reader):
                return self._compare(looker, reader, list(subjects.values()))

    def _chosen(self, changed: dict[str, Changed]) -> list[Changed]:
        """Return changed keys for a quarter of the budget: those that were wrong, then others."""
        most = max(self.given.requests // 4, 1)
        wrong = [change for name, change in changed.items() if name in self.memory.wrong]
        others = [change for name, change in changed.items() if name not in self.memory.wrong]
        random.shuffle(others)
        return [*wrong, *others][:most]

    def _compare(
        self, looker: KeyLooker, reader: EntryReader, subjects: list[Subject]
    ) -> WatchResult:
        result, puts, deletes = WatchResult(), PipeLag(), PipeLag()
        reserve = self.given.requests // 3
        different: list[KeyLook] = []
        for number, subject in enumerate(subjects):
            if reader.left <= reserve:
                result.left = len(subjects) - number
                break
            try:
                look = looker.look(subject)
            except BudgetSpentError:
                result.left = len(subjects) - number
                break
            (deletes if look.item is None else puts).note(look)
            if look.state in (*WRONG, EXPIRED, CHANGING):
                different.append(look)
            else:
                self._count(result, look)
        result.put_lag, result.delete_lag = puts.seconds(self.now()), deletes.seconds(self.now())
        self.memory.wrong = {}
        if different:
            self.sleep(self.given.settle)
        for number, before in enumerate(different):
            try:
                look = looker.look(before.subject, before)
            except BudgetSpentError:
                result.left += len(different) - number
                break
            if look.state in WRONG and not same(before.item, look.item):
                look = KeyLook(look.subject, look.item, CHANGING)
            self._count(result, look)
        judged = result.counts.total() - result.counts[UNKNOWN]
        if result.counts[UNKNOWN] > judged:
            raise WatchError(
                f"{result.counts[UNKNOWN]} of {result.counts.total()} keys could not be read:"
                f" {next(iter(result.wrong), '')}"
            )
        return result

    def _count(self, result: WatchResult, look: KeyLook) -> None:
        result.counts[look.state] += 1
        if look.state in WRONG or look.state == UNKNOWN:
            name = key_text(look.subject.key)
            result.wrong.append(f"{look.state}: {name} {look.why}".rstrip())
            if look.state in WRONG:
                changed = look.subject.changed or Changed(look.subject.key, self.now())
                self.memory.wrong[name] = changed


def read_key(secrets: Any, name: str) -> str:  # noqa: ANN401 - a boto3 client
    """Return the key in a secret.

    Raises:
        WatchError: the secret has none.

    """
    try:
        key: str = secrets.get_secret_value(SecretId=name)["SecretString"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        raise WatchError(
            f"the secret {name} has no key yet: set MOMENTO_READ_API_KEY (./help.sh key create"
            " makes one), then run ./help.sh deploy"
        ) from None
    return key


def metric_data(pipeline: str, metrics: Iterable[tuple[str, tuple[float, str]]]) -> list[Any]:
    """Return the parameter MetricData of PutMetricData."""
    return [
        {
            "MetricName": name,
            "Dimensions": [{"Name": "Pipeline", "Value": pipeline}],
            "Value": value,
            "Unit": unit,
        }
        for name, (value, unit) in metrics
    ]
