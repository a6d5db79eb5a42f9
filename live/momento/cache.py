"""The entries of one cache, read by key."""

from dataclasses import dataclass

import httpx

from live.errors import LiveError
from live.momento.answer import judged
from live.momento.client import Access, Momento, RefusedError, UnansweredError


@dataclass(frozen=True)
class Cache:
    """A cache of Momento. A failed read is not tried again."""

    momento: Momento
    access: Access
    name: str

    def get(self, key: str) -> bytes | None:
        """Return the value of a key in the cache, or None if it has no entry.

        Raises:
            LiveError: Momento cannot be reached, or refuses.

        """
        request = self.access.request("GET", "cache", self.name, key=key)
        try:
            answer = judged(request, self.momento.ask(request))
        except (RefusedError, UnansweredError) as error:
            raise LiveError(f"Momento at {self.access.origin}: {error}") from None
        return None if answer.status_code == httpx.codes.NOT_FOUND else answer.content
