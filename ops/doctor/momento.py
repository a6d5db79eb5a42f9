"""Momento: whether the endpoint answers, takes the key, and has the caches.

A key may have a role that can only write, which is all that the pipes need. So the doctor reads an
item that does not exist, and deletes it. It publishes nothing, because every subscriber would
receive that.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import httpx

from live.cloud import momento_origin
from live.momento.answer import is_of_no_cache
from live.momento.client import Access, Momento, RefusedError, UnansweredError
from ops.doctor.check import Check, failure, ok
from stacks.settings import Settings

_failure = partial(failure, "Momento")
PATIENCE_SECONDS = 30.0
"""A server may be slow to answer. A server that is not there fails sooner."""
WEB_PAGE = "text/html"
"""The content type of a server that is not Momento's API."""


def examine(settings: Settings, caches: Mapping[str, bool] | None = None) -> Iterator[Check]:
    """Yield a check for each cache: all is well, or what is not.

    `caches` are names, and whether items are sent there (default: that of the settings, with
    items). A stack that only publishes needs no permission for items.
    """
    if settings.momento_api_key is None:
        return  # told by the settings' checks
    access = Access(
        origin=momento_origin(os.environ, settings.momento_api_endpoint),
        key=settings.momento_api_key.get_secret_value(),
    )
    try:
        with Momento() as momento:
            reading = settings.momento_read_api_key
            for cache, has_items in (caches or {settings.cache_name: True}).items():
                yield _cache(
                    momento, access, cache, has_items=has_items, may_be_blind=reading is not None
                )
                if reading is not None and has_items:
                    reader = replace(access, key=reading.get_secret_value())
                    yield _reading(momento, reader, cache)
    except (RefusedError, UnansweredError) as error:
        yield _failure(
            f"{access.origin} does not answer ({error}): compare MOMENTO_API_ENDPOINT with the"
            " Momento console"
        )


def _reading(momento: Momento, access: Access, cache: str) -> Check:
    answer = momento.ask(access.probe("GET", cache), read_seconds=PATIENCE_SECONDS)
    if answer.status_code == httpx.codes.FORBIDDEN:
        return _failure(
            f"{access.origin} does not let MOMENTO_READ_API_KEY read {cache} (403): verify and the"
            " page cannot read; ./help.sh key rotate makes a key that may"
        )
    problem = _problem(answer, access.origin, cache, setting="MOMENTO_READ_API_KEY")
    return problem or ok("Momento", f"MOMENTO_READ_API_KEY may read {cache}")


def _cache(
    momento: Momento, access: Access, cache: str, *, has_items: bool, may_be_blind: bool
) -> Check:
    """Check that the sending key may write; `may_be_blind` says that another key reads."""
    endpoint = access.origin

    def ask(method: str) -> httpx.Response:
        return momento.ask(access.probe(method, cache), read_seconds=PATIENCE_SECONDS)

    read = ask("GET")
    reads = read.status_code != httpx.codes.FORBIDDEN
    if reads and (problem := _problem(read, endpoint, cache)) is not None:
        return problem
    written = ask("DELETE")
    if written.status_code == httpx.codes.NO_CONTENT:
        if reads:
            return ok("Momento", f"{endpoint} takes the key, and {cache} is there")
        need = "" if may_be_blind else "; verify and weather need one that may read, too"
        return ok(
            "Momento",
            f"{endpoint} takes the key, which may write {cache} and not read it: enough for the"
            f" pipes{need}",
        )
    if written.status_code != httpx.codes.FORBIDDEN:
        return _problem(written, endpoint, cache) or _unexpected(written, endpoint)
    if not has_items:
        return ok(
            "Momento",
            f"{endpoint} takes the key; it may not write items of {cache}, and the stack only"
            " publishes there: whether it may publish is not tried",
        )
    may = "may read" if reads else "may neither read nor write"
    return _failure(
        f"{endpoint} takes the key, which {may} {cache} (403){' and not write it' * reads}: the"
        " pipes cannot deliver; give its role in the console permission to write there (this"
        " check does not see a permission for single keys or prefixes)"
    )


def _problem(
    answer: httpx.Response, endpoint: str, cache: str, *, setting: str = "the key"
) -> Check | None:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return _failure(
            f"{endpoint} refuses {setting} (401): it is wrong, expired or revoked, or a v1 key of"
            " another region; ./help.sh key shows what it is, ./help.sh key rotate replaces it"
        )
    is_page = answer.headers.get("content-type", "").startswith(WEB_PAGE)
    if answer.is_success or is_page:
        return _failure(
            f"{endpoint} answers {answer.status_code} about a key that does not exist, and Momento"
            " says 404 Key Not Found: compare MOMENTO_API_ENDPOINT with the Momento console"
        )
    if answer.status_code != httpx.codes.NOT_FOUND:
        return _unexpected(answer, endpoint)
    if is_of_no_cache(answer):
        return _failure(f"there is no cache {cache} at {endpoint}: ./help.sh cache create")
    return None


def _unexpected(answer: httpx.Response, endpoint: str) -> Check:
    return _failure(f"{endpoint} answers {answer.status_code}: {answer.text[:200]}")
