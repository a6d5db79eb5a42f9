"""Momento: whether the endpoint answers, takes the key, and has the cache."""

import os
from collections.abc import Iterator
from urllib.parse import quote

import httpx

from ops.doctor.check import Check, failure, ok
from stacks.settings import Settings

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
"""In seconds; who is there may be slow, who is not is told soon."""
ANYTHING = "is the cache there?"
"""A key to ask for; nobody minds whether it is there."""


def examine(settings: Settings) -> Iterator[Check]:
    """Yield one check: the first thing that is wrong with the way to the cache, or none."""
    if settings.momento_api_key is None:
        return  # told by the settings' checks
    name = "Momento"
    endpoint = os.environ.get("MOMENTO_ENDPOINT_URL") or settings.momento_api_endpoint
    try:
        answer = httpx.get(
            f"{endpoint}/cache/{quote(settings.cache_name, safe='')}",
            params={"key": ANYTHING},
            headers={"Authorization": settings.momento_api_key.get_secret_value()},
            timeout=TIMEOUT,
        )
    except (httpx.TransportError, httpx.InvalidURL) as error:
        yield failure(
            name,
            f"{endpoint} does not answer ({error or type(error).__name__}): compare"
            " MOMENTO_API_ENDPOINT with the Momento console",
        )
        return
    said = answer.text[:200]
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        yield failure(
            name,
            f"{endpoint} refuses the key ({answer.status_code}): it may have expired, may not"
            f" use {settings.cache_name}, or be of another region; create one in the console",
        )
    elif answer.status_code == httpx.codes.NOT_FOUND and "cache not found" in said.lower():
        yield failure(
            name, f"there is no cache {settings.cache_name}: create it in the Momento console"
        )
    elif answer.is_success or answer.status_code == httpx.codes.NOT_FOUND:
        yield ok(name, f"{endpoint} takes the key, and {settings.cache_name} is there")
    else:
        yield failure(name, f"{endpoint} answers {answer.status_code}: {said}")
