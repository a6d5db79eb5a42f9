"""Momento: whether the endpoint answers, takes the key, and has the cache."""

import os
import uuid
from collections.abc import Iterator
from urllib.parse import quote

import httpx

from ops.doctor.check import Check, failure, ok
from stacks.settings import Settings

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
"""In seconds; who is there may be slow, who is not is told soon."""
WEB_PAGE = "text/html"
"""What a server answers that is no API."""


def examine(settings: Settings) -> Iterator[Check]:
    """Yield one check: the first thing that is wrong with the way to the cache, or none."""
    if settings.momento_api_key is None:
        return  # told by the settings' checks
    name = "Momento"
    endpoint = os.environ.get("MOMENTO_ENDPOINT_URL") or settings.momento_api_endpoint
    try:
        answer = httpx.get(
            f"{endpoint}/cache/{quote(settings.cache_name, safe='')}",
            params={"key": f"is-the-cache-there-{uuid.uuid4()}"},
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
    elif answer.status_code == httpx.codes.NOT_FOUND and not _is_page(answer):
        yield ok(name, f"{endpoint} takes the key, and {settings.cache_name} is there")
    elif answer.is_success or _is_page(answer):
        yield failure(
            name,
            f"{endpoint} answers {answer.status_code} about a key that is nowhere, and Momento says"
            " 404 Key Not Found: compare MOMENTO_API_ENDPOINT with the Momento console",
        )
    else:
        yield failure(name, f"{endpoint} answers {answer.status_code}: {said}")


def _is_page(answer: httpx.Response) -> bool:
    kind: str = answer.headers.get("content-type", "")
    return kind.startswith(WEB_PAGE)
