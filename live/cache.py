"""The entries of one cache, read by key."""

import httpx

from live.errors import LiveError
from live.momento import Access, Momento, RefusedError, UnansweredError, judged


class Cache:
    """One cache of Momento; a failed read is not tried again."""

    def __init__(self, momento: Momento, access: Access, name: str) -> None:
        self._momento = momento
        self._access = access
        self._name = name

    def get(self, key: str) -> bytes | None:
        """Return what the cache holds under a key; None if it holds nothing.

        Raises:
            LiveError: Momento cannot be reached, or refuses.

        """
        request = self._access.request("GET", "cache", self._name, key=key)
        try:
            answer = judged(request, self._momento.ask(request))
        except (RefusedError, UnansweredError) as error:
            raise LiveError(f"Momento at {self._access.origin}: {error}") from None
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.content
