"""The request that reads an entry of the cache, and how a request to Momento fails.

The watch's function uses this module without an HTTP library.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from eventpipes import Request
from eventpipes.request import DEFAULT_HEADERS
from live.errors import LiveError

KEY_PARAMETERS = ("key", "key_base64")
_OF_EVENTBRIDGE = {name.lower() for name in DEFAULT_HEADERS} - {"content-type"}


class RefusedError(LiveError):
    """Momento's refusal is final, or the request cannot be sent. `answer` says why."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        super().__init__(answer)


class UnansweredError(LiveError):
    """Momento did not accept a request in any attempt. A later run may succeed.

    `is_busy` says whether Momento answered that it is busy; `seconds` is its Retry-After.
    """

    def __init__(self, problem: str, *, is_busy: bool = False, seconds: float = 0.0) -> None:
        self.is_busy = is_busy
        self.seconds = seconds
        super().__init__(problem)


class UnusableError(LiveError):
    """Momento refuses all requests, because the API key or the cache is wrong."""


def reading(request: Request, key: str | None = None) -> Request:
    """Return the request that reads the entry of a put or a delete, with another API key."""
    parts = urlsplit(request.url)
    query = [(name, text) for name, text in parse_qsl(parts.query) if name in KEY_PARAMETERS]
    url = urlunsplit(parts._replace(query=urlencode(query)))
    headers = {
        name: key if key and name.lower() == "authorization" else value
        for name, value in own_headers(request).items()
        if name.lower() != "content-type"
    }
    return Request("GET", url, headers, "")


def own_headers(request: Request) -> dict[str, str]:
    """Return a request's headers without those of EventBridge's connection.

    They close the connection after each request, ask for a part of the answer, and allow an answer
    that is compressed.
    """
    return {
        name: value
        for name, value in request.headers.items()
        if name.lower() not in _OF_EVENTBRIDGE
    }
