"""Roles and keys are managed over HTTP. A lost answer leaves no unknown key."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from live.errors import LiveError
from live.momento.auth import MomentoAuth, NotAllowedError
from live.momento.client import Momento
from localcloud.app_server import AppServer
from localcloud.momento.service import MomentoService
from tests.each import each

OWNER = "the-owner's-key"
RULES = [{"type": "cache", "permissions": ["read"], "caches": "*", "items": "*"}]
LATER = datetime.now(UTC) + timedelta(days=30)

Before = Callable[[Request], Response | None]
After = Callable[[Request], Response | None]


class Middle:
    """Answers instead of the service, before or after the service handles the request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.before: Before = lambda _: None
        self.after: After = lambda _: None
        self.seen: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        request = Request(scope, receive)
        self.seen.append(f"{request.method} {request.url.path}")
        if (answer := self.before(request)) is not None:
            await answer(scope, receive, send)
            return

        async def swallow(_: object) -> None:
            """Lose the service's answer."""

        if (answer := self.after(request)) is not None:
            await self.app(scope, receive, swallow)
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)


class Account:
    """An account of the local Momento, with the app that can replace its answers."""

    def __init__(self) -> None:
        self.service = MomentoService(api_key=OWNER)
        self.middle = Middle(self.service.app)

    @contextmanager
    def auth(self, key: str = OWNER) -> Iterator[MomentoAuth]:
        """Return the client."""
        with (
            AppServer(self.middle, name="Momento") as server,
            Momento(redirect=server.endpoint, first_wait=0.001, timeout=60) as momento,
        ):
            yield MomentoAuth(momento, key, per_second=10_000)

    def described(self, text: str) -> list[str]:
        """Return the ids of the keys with a description."""
        return [one.key_id for one in self.service.keys.keys.values() if one.description == text]


@pytest.fixture
def account() -> Account:
    return Account()


def once(status: int, method: str, path: str) -> Before:
    """Return a function that answers the first such request."""
    left = [PlainTextResponse("later", status_code=status, headers={"Retry-After": "0"})]

    def answer(request: Request) -> Response | None:
        if (request.method, request.url.path) == (method, path) and left:
            return left.pop()
        return None

    return answer


def test_a_role_and_a_key_are_made_and_revoked(account: Account) -> None:
    with account.auth() as auth:
        role = auth.create_role("reads", "It reads", RULES)
        assert (role.name, role.rules, role.is_custom) == ("reads", RULES, True)
        made = auth.create_key(role.role_id, "a key", LATER)
        assert made.info in auth.api_keys()
        assert made.info.expires_at == LATER.replace(microsecond=0)
        assert made.text not in repr(made)
        assert auth.create_role("reads", "Again", RULES) == role, "the one that has the name"
        changed = auth.update_role(role, "It writes", [RULES[0] | {"permissions": ["write"]}])
        assert changed.rules[0]["permissions"] == ["write"]
        assert auth.revoke(made.info.key_id)
        assert not auth.revoke(made.info.key_id), "there is none now"
    assert account.service.keys.find(made.text) is None


def test_momentos_own_roles_are_not_custom(account: Account) -> None:
    with account.auth() as auth:
        auth.create_role("reads", "It reads", RULES)
        assert [role.name for role in auth.roles() if role.is_custom] == ["reads"]
        assert any(role.name == "Owner" for role in auth.roles())


def test_long_lists_are_read_to_their_end(account: Account) -> None:
    for number in range(230):
        account.service.keys.new_key("viewer", f"key {number}", None)
    with account.auth() as auth:
        assert len(auth.api_keys()) == 231


def test_a_request_is_sent_again_if_momento_is_busy(account: Account) -> None:
    for status in (429, 500, 503):
        account.middle.before = once(status, "GET", "/roles")
        with account.auth() as auth:
            assert len(auth.roles()) == 3


def test_a_key_whose_answer_is_lost_does_not_stay(account: Account) -> None:
    """Momento has made the key but answers 500, so nobody has its text."""
    account.middle.after = once(500, "POST", "/api-keys")
    with account.auth() as auth:
        made = auth.create_key("viewer", "this one", LATER)
    assert account.described("this one") == [made.info.key_id]
    assert account.middle.seen.count("POST /api-keys") == 2


def test_an_account_that_makes_no_key_is_an_error(account: Account) -> None:
    account.middle.before = lambda request: (
        PlainTextResponse("no", status_code=503) if request.method == "POST" else None
    )
    with account.auth() as auth, pytest.raises(LiveError, match=r"key could be created at .*503"):
        auth.create_key("viewer", "this one", LATER)


def test_a_key_that_may_not_manage_keys_gives_an_error_with_the_next_step(account: Account) -> None:
    narrow = account.service.keys.new_key("viewer", "", None).secret
    with account.auth(narrow) as auth, pytest.raises(NotAllowedError, match="auth_management"):
        auth.create_role("reads", "", RULES)
    with account.auth("nobody's") as auth, pytest.raises(NotAllowedError, match="create a v2 key"):
        auth.roles()


def test_a_refusal_shows_the_words_of_momento(account: Account) -> None:
    with account.auth() as auth:
        with pytest.raises(LiveError, match=r"HTTP 400 .*a rule's type"):
            auth.create_role("wrong", "", [{"type": "queue"}])
        with pytest.raises(LiveError, match=r"HTTP 404 .*there is no role 'none'"):
            auth.create_key("none", "d", LATER)


ODD: dict[str, Response] = {
    "a page": PlainTextResponse("<h1>Welcome</h1>"),
    "a list": JSONResponse([1]),
    "no roles": JSONResponse({}),
    "a role without a name": JSONResponse({"roles": [{"role_id": "r"}]}),
    "roles that are texts": JSONResponse({"roles": ["r"]}),
}


def test_another_service_is_not_taken_for_momento(account: Account) -> None:
    @each(case=ODD)
    def check(case: str) -> None:
        account.middle.before = lambda _: ODD[case]
        with account.auth() as auth, pytest.raises(LiveError, match="does not answer as Momento"):
            auth.roles()

    check()
