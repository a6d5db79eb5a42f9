"""What an answer of Momento means: a success, a refusal, or that another attempt may succeed."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from eventpipes import Request
from eventpipes.rate_limit import retry_after
from live.reading import RefusedError, UnansweredError, UnusableError

RETRIED = frozenset({407, 409, 429})
UNUSABLE = frozenset({401, 403, 404})
NEXT_STEPS = {
    401: "the API key is wrong, expired or revoked, or it is a v1 key of another region: set"
    " MOMENTO_API_KEY to a valid key, and if it is the connection's key, run ./help.sh deploy",
    403: "the API key may not do this. The pipes may not need this right: set"
    " MOMENTO_READ_API_KEY to a key that may read the cache and its topics (./help.sh key create"
    " makes both keys)",
    404: "there is no such cache: create it with ./help.sh cache create",
}


def judged(request: Request, answer: httpx.Response) -> httpx.Response:
    """Return an answer that is a success, or the answer to a read that the entry is missing.

    Raises:
        RefusedError: Momento's refusal is final.
        UnansweredError: Momento is busy or failed.
        UnusableError: Momento refuses all requests with this key, or to this cache.

    """
    if answer.is_success:
        return answer
    is_missing = request.method == "GET" and answer.status_code == httpx.codes.NOT_FOUND
    if is_missing and not is_of_no_cache(answer):
        return answer
    if answer.status_code in UNUSABLE:
        raise UnusableError(told(request, answer, NEXT_STEPS))
    raise failure(answer)


def told(request: Request, answer: httpx.Response, next_steps: Mapping[int, str]) -> str:
    """Return a sentence about a refusal, with the next step for its status."""
    path = urlsplit(request.url).path
    step = next_steps[answer.status_code]
    return f"Momento answers {answer_text(answer)} to {request.method} {path}; {step}"


def is_of_no_cache(answer: httpx.Response) -> bool:
    """Return whether an answer of 404 says that there is no such cache, rather than no entry."""
    return re.search(r"cache\W+not\W+found", answer.text, re.IGNORECASE) is not None


def failure(answer: httpx.Response) -> UnansweredError | RefusedError:
    """Return the error of a refusal: UnansweredError if another attempt may succeed."""
    if answer.is_server_error or answer.status_code in RETRIED:
        seconds = max(0.0, retry_after(answer.headers))
        return UnansweredError(answer_text(answer), is_busy=True, seconds=seconds)
    return RefusedError(answer_text(answer))


def answer_text(answer: httpx.Response) -> str:
    """Return an answer's status and the first 200 characters of its text."""
    return f"HTTP {answer.status_code} {' '.join(answer.text[:200].split())}".strip()
