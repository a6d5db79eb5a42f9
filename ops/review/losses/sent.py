"""Losses in the requests: keys, times to live, caches, records."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import Final
from urllib.parse import SplitResult, urlsplit

from eventpipes import Outcome, Unprocessable, momento
from eventpipes.momento import refusals
from live.route import requests_in
from ops.review.behaviour import Answer, Behaviour
from ops.review.losses.loss import Loss, only_shown

REFUSED: Final = frozenset({"empty-key", "empty-name", "no-key", "no-ttl"})
"""Refusals that do not depend on a sample's size, or on the account's limits."""
SEVERAL = 3
"""How many samples a sentence names; it counts the others."""
_CACHE = re.compile(r"/cache/([^/?]*)")
_TOPIC = re.compile(r"/topics/([^/?]*/[^/?]*)")


def sent(behaviour: Behaviour) -> Iterator[Loss]:
    """Yield the losses of a pipe's or a rule's changed requests.

    A plan is held back if a sample fails that has every attribute that the pipe reads. The failure
    of a sample without one of them is only reported.
    """
    if behaviour.refused:
        yield Loss(
            name="refused",
            text=f"EventBridge would refuse it ({behaviour.trouble}): the deploy will fail",
            instead="correct what the message names",
            values=(behaviour.trouble,),
        )
    elif behaviour.trouble:
        yield only_shown(
            "not-judged",
            f"its requests cannot be predicted ({behaviour.trouble})",
            "read its filter and its template",
        )
    yield from _faults(behaviour.answers)
    yield from _fewer(behaviour.answers)
    yield from _elsewhere(behaviour.answers)


def fault(outcome: Outcome | None) -> tuple[str, str] | None:
    """Return why Momento refuses a request, as a name and a sentence; None if it accepts it."""
    if isinstance(outcome, Unprocessable):
        return "no-request", f"no request can be made ({outcome.reason})"
    faults = (
        refusal
        for request in requests_in(outcome)
        for refusal in refusals(momento.sent(request))
        if refusal.name in REFUSED
    )
    first = next(faults, None)
    return None if first is None else (first.name, first.text)


def _faults(answers: Sequence[Answer]) -> Iterator[Loss]:
    faults: dict[tuple[str, str, bool], list[str]] = {}
    for answer in answers:
        now = fault(answer.new)
        if now is not None and fault(answer.old) is None:
            faults.setdefault((*now, answer.is_whole), []).append(answer.sample)
    blocking = {name for name, _, is_whole in faults if is_whole}
    for (name, sentence, is_whole), samples in faults.items():
        if is_whole:
            yield Loss(
                name=name,
                text=f"when {_some(samples)}, {sentence}: Momento refuses the request, and each"
                " such change becomes a dead letter",
                instead="read an attribute that the items have, with the type that it has in them",
            )
        elif name not in blocking:
            yield only_shown(
                f"{name}-without",
                f"when {_some(samples)}, {sentence}: each such change becomes a dead letter",
                "make sure that every item has it, or filter by it (exists)",
            )


def _fewer(answers: Sequence[Answer]) -> Iterator[Loss]:
    if lost := [answer.sample for answer in answers if answer.lost]:
        yield only_shown(
            "fewer-changes",
            f"it no longer sends a request when {_some(lost)}: the item's entry in the cache does"
            " not change until its time to live is over",
            "run ./help.sh verify --repair afterwards to remove such entries",
        )


def _elsewhere(answers: Sequence[Answer]) -> Iterator[Loss]:
    pairs = [
        (urlsplit(old.url), urlsplit(new.url))
        for answer in answers
        for old, new in zip(requests_in(answer.old), requests_in(answer.new), strict=False)
        if old.method == new.method
    ]
    for was, will in _differences(pairs, partial(_name, _CACHE)):
        yield only_shown(
            "another-cache",
            f"it writes to the cache {will} instead of {was}: the new cache is empty until items"
            " change, and the old cache keeps its entries until they expire",
            "run ./help.sh warm afterwards",
        )
    for was, will in _differences(pairs, partial(_name, _TOPIC)):
        yield only_shown(
            "another-topic",
            f"it publishes to the topic {will} instead of {was}: subscribers of {was} get no more"
            " messages",
            "move the subscribers first",
        )
    for was, will in _differences(pairs, attrgetter("netloc")):
        yield only_shown(
            "another-endpoint",
            f"it sends to {will} instead of {was}: that endpoint has other caches, and they are"
            " empty until items change",
            "run ./help.sh warm afterwards",
        )


def _differences(
    pairs: Sequence[tuple[SplitResult, SplitResult]], name: Callable[[SplitResult], str]
) -> list[tuple[str, str]]:
    names = {(name(old), name(new)) for old, new in pairs}
    return sorted((was, will) for was, will in names if was and will and was != will)


def _name(pattern: re.Pattern[str], url: SplitResult) -> str:
    """Return what a URL's path names; a topic with its cache."""
    match = pattern.search(url.path)
    return match[1] if match else ""


def _some(samples: Sequence[str]) -> str:
    named = " and when ".join(samples[:SEVERAL])
    more = len(samples) - SEVERAL
    return f"{named} (and {more} more)" if more > 0 else named
