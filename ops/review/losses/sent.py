"""Losses in what is sent: keys, times to live, caches, records."""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from eventpipes import Request, Requests, Unprocessable, momento
from eventpipes.momento import refusals
from ops.review.behaviour import Answer, Behaviour
from ops.review.losses.loss import Loss, told

REFUSED: Final = frozenset({"empty-key", "empty-name", "no-key", "no-ttl"})
"""Refusals that do not depend on a sample's size, or on the account's limits."""
SEVERAL = 3
"""Samples that a sentence names; more are counted."""
_CACHE = re.compile(r"/cache/([^/?]*)")
_TOPIC = re.compile(r"/topics/([^/?]*)/([^/?]*)")


def sent(behaviour: Behaviour) -> Iterator[Loss]:
    """Yield the losses of a pipe's or a rule's changed requests.

    A sample that lacks an attribute is only reported; a sample with everything that is read holds
    the plan back.
    """
    if behaviour.refused:
        yield Loss(
            name="refused",
            text=f"EventBridge would not take it ({behaviour.trouble}): the deploy ends half-way",
            instead="write it as the sentence says",
        )
    elif behaviour.trouble:
        yield told(
            "not-judged",
            f"what it will send cannot be judged ({behaviour.trouble})",
            "look at its filter and its template yourself",
        )
    yield from _faults(behaviour.answers)
    yield from _fewer(behaviour.answers)
    yield from _elsewhere(behaviour.answers)


def fault(outcome: object) -> tuple[str, str] | None:
    """Return why Momento refuses a request, as a name and a sentence; None if it does not."""
    if isinstance(outcome, Unprocessable):
        return "no-request", f"no request can be made ({outcome.reason})"
    found = (
        one
        for request in _requests(outcome)
        for one in refusals(momento.sent(request))
        if one.name in REFUSED
    )
    first = next(found, None)
    return None if first is None else (first.name, first.text)


def _faults(answers: Sequence[Answer]) -> Iterator[Loss]:
    found: dict[tuple[str, str, bool], list[str]] = {}
    for answer in answers:
        now = fault(answer.new)
        if now is not None and fault(answer.old) is None:
            found.setdefault((*now, answer.is_whole), []).append(answer.sample)
    blocking = {name for name, _, is_whole in found if is_whole}
    for (name, sentence, is_whole), samples in found.items():
        if is_whole:
            yield Loss(
                name=name,
                text=f"when {_some(samples)}, {sentence}: nothing arrives, and each such change"
                " becomes a dead letter",
                instead="read an attribute that the items have, of the type that they have it in",
            )
        elif name not in blocking:
            yield told(
                f"{name}-without",
                f"when {_some(samples)}, {sentence}: each such change becomes a dead letter",
                "see that every item has it, or filter by it (exists)",
            )


def _fewer(answers: Sequence[Answer]) -> Iterator[Loss]:
    if lost := [answer.sample for answer in answers if answer.lost]:
        yield told(
            "fewer-changes",
            f"it no longer sends when {_some(lost)}: what the cache has of such an item stays as it"
            " is until its time to live is over",
            "run ./help.sh verify --repair afterwards, if such entries are to go",
        )


def _elsewhere(answers: Sequence[Answer]) -> Iterator[Loss]:
    pairs = [
        (urlsplit(old.url), urlsplit(new.url))
        for answer in answers
        for old, new in zip(_requests(answer.old), _requests(answer.new), strict=False)
        if old.method == new.method
    ]
    caches = {(_cache(old.path), _cache(new.path)) for old, new in pairs}
    for was, will in sorted(caches):
        if was and will and was != will:
            yield told(
                "another-cache",
                f"it writes to the cache {will} and no longer to {was}: the new one is empty until"
                " items change, and the old one keeps what it has until its time to live is over",
                "run ./help.sh warm afterwards",
            )
    topics = {(_topic(old.path), _topic(new.path)) for old, new in pairs}
    for was, will in sorted(topics):
        if was and will and was != will:
            yield told(
                "another-topic",
                f"it publishes to the topic {will} and no longer to {was}: who subscribes to that"
                " gets nothing more",
                "move the subscribers first",
            )
    hosts = {(old.netloc, new.netloc) for old, new in pairs}
    for was, will in sorted(hosts):
        if was != will:
            yield told(
                "another-endpoint",
                f"it sends to {will} and no longer to {was}: caches there are others, empty until"
                " items change",
                "run ./help.sh warm afterwards",
            )


def _requests(outcome: object) -> tuple[Request, ...]:
    if isinstance(outcome, Requests):
        return outcome.requests
    return (outcome,) if isinstance(outcome, Request) else ()


def _cache(path: str) -> str:
    found = _CACHE.search(path)
    return found[1] if found else ""


def _topic(path: str) -> str:
    """Return a topic with its cache, as `CACHE/TOPIC`."""
    found = _TOPIC.search(path)
    return f"{found[1]}/{found[2]}" if found else ""


def _some(samples: Sequence[str]) -> str:
    named = " and when ".join(samples[:SEVERAL])
    more = len(samples) - SEVERAL
    return f"{named} (and {more} more)" if more > 0 else named
