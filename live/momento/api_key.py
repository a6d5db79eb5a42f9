"""The facts in the text of a Momento API key, without a request to Momento.

A key of the second version is a JSON Web Token. Its claims are its kind `t`, its id `jti` and, if
it expires, `exp`. A key of the first version is Base64 of an object with such a token and the
region's endpoint. See the source of Momento's command line, which decodes the same
(momentohq/momento-cli, momento/src/commands/api_key/decode.rs), and of its Python SDK
(momento/auth/momento_endpoint_resolver.py).
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Version(StrEnum):
    """The kinds of text that people use as a key."""

    V1 = "v1"
    V2 = "v2"
    TOKEN = "a token, not an API key"  # noqa: S105 - a description
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class KeyFacts:
    """The facts in a key, without the key."""

    version: Version
    key_id: str | None = None
    """None for a key of the first version."""
    expires_at: datetime | None = None
    """None if the key never expires, or if its text has no time."""

    @classmethod
    def read(cls, text: str) -> "KeyFacts":
        """Return the facts in a key. A text with another form has the version `UNKNOWN`."""
        envelope = _json(text, base64.b64decode)
        if isinstance(envelope.get("api_key"), str):
            return cls(version=Version.V1, expires_at=_expiry(_claims(envelope["api_key"])))
        claims = _claims(text)
        kind, key_id = claims.get("t"), claims.get("jti")
        version = Version.UNKNOWN
        if kind == "g":
            version = Version.V2
        elif claims:
            version = Version.TOKEN
        return cls(
            version=version,
            key_id=key_id if version is Version.V2 and isinstance(key_id, str) else None,
            expires_at=_expiry(claims),
        )


def _claims(token: str) -> Mapping[str, Any]:
    parts = token.split(".")
    return _json(parts[1], base64.urlsafe_b64decode) if len(parts) == 3 else {}  # noqa: PLR2004 - a JWT's own number


def _json(text: str, decode: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a decoder of Base64
    try:
        value = json.loads(decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _expiry(claims: Mapping[str, Any]) -> datetime | None:
    seconds = claims.get("exp")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    return at(seconds)


def at(seconds: float) -> datetime | None:
    """Return the time of a number of seconds since 1970, or None if Python has no such time."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
