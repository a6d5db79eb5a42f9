"""The facts in a key's text: version, id and expiry. Text that is not a key is no error."""

import base64
import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from live.momento.api_key import KeyFacts, Version
from tests.each import each

THEN = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
SECONDS = int(THEN.timestamp())


def encoded(value: object, *, padded: bool = False) -> str:
    """Return JSON as Base64."""
    text = base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
    return text if padded else text.rstrip("=")


def token(**claims: object) -> str:
    """Return a JSON Web Token with these claims."""
    return f"{encoded({'alg': 'HS512'})}.{encoded(claims)}.c2lnbmF0dXJl"


V1 = {"endpoint": "cell-us-east-1-1.prod.a.momentohq.com", "api_key": token(exp=SECONDS, ver=1)}
CASES: dict[str, tuple[str, Version, str | None, datetime | None]] = {
    "v2": (token(t="g", jti="k-1", exp=SECONDS), Version.V2, "k-1", THEN),
    "v2 for ever": (token(t="g", jti="k-1"), Version.V2, "k-1", None),
    "v2 in Momento's examples": (
        "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJ0IjoiZyIsImp0aSI6InNvbWUtaWQifQ.GMr9nA6HE0ttB6l",
        *(Version.V2, "some-id", None),
    ),
    "v1": (encoded(V1, padded=True), Version.V1, None, THEN),
    "refresh token": (token(t="gr", akid="k-1", exp=SECONDS), Version.TOKEN, None, THEN),
    "disposable token": (token(t="disposable", ver=2), Version.TOKEN, None, None),
    "no key": ("local-api-key", Version.UNKNOWN, None, None),
    "no claims": ("a.b.c", Version.UNKNOWN, None, None),
    "claims that are a list": (f"a.{encoded([1])}.c", Version.UNKNOWN, None, None),
    "an expiry out of time": (token(t="g", jti="k", exp=10**20), Version.V2, "k", None),
    "an expiry of another kind": (token(t="g", jti="k", exp="soon"), Version.V2, "k", None),
    "an id of another kind": (token(t="g", jti=7), Version.V2, None, None),
}


@each(case=CASES)
def test_the_facts_in_a_key(case: str) -> None:
    text, version, key_id, expires_at = CASES[case]
    assert KeyFacts.read(text) == KeyFacts(version=version, key_id=key_id, expires_at=expires_at)


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert KeyFacts.read(text).version in Version
