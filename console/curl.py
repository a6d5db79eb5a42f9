"""A request as a command of curl, without the API key."""

import shlex
from collections.abc import Mapping
from typing import Any, Final

from eventpipes.request import redirected

_LEFT_OUT: Final = frozenset(
    {"authorization", "user-agent", "connection", "range", "accept-encoding", "host"}
)
"""Headers that EventBridge adds, and the key."""


def curl(request: Mapping[str, Any], redirect: str | None = None) -> str:
    """Return the command; `redirect` is the local Momento's origin."""
    words = ["curl", "-i"]
    if request["method"] != "GET":
        words += ["-X", request["method"]]
    quoted = [shlex.quote(word) for word in [*words, redirected(request["url"], redirect)]]
    quoted += ["-H", '"Authorization: $MOMENTO_API_KEY"']
    for name, text in request.get("headers", {}).items():
        if name.lower() not in _LEFT_OUT:
            quoted += ["-H", shlex.quote(f"{name}: {text}")]
    if request.get("body"):
        quoted += ["--data-raw", shlex.quote(request["body"])]
    return " ".join(quoted)
