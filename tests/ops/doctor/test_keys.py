"""The doctor says when a key expires: in time, too late, or not at all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from localcloud.momento.service import LocalMomento
from ops.doctor.check import CheckState
from ops.doctor.keys import examine
from stacks.settings import Settings
from tests.conftest import ENDPOINT
from tests.each import each
from tests.live.momento.test_api_key import V1, encoded, token

CASES: dict[str, tuple[float | None, CheckState, str]] = {
    "in time": (90, CheckState.OK, "is a v2 key that expires on"),
    "just in time": (15, CheckState.OK, "in 15 days"),
    "soon": (14, CheckState.WARNING, "in 14 days: run ./help.sh key rotate"),
    "today": (0.3, CheckState.WARNING, "in 0 days: run ./help.sh key rotate"),
    "too late": (-0.01, CheckState.FAILURE, "expired on"),
}


@pytest.fixture
def momento(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalMomento]:
    with LocalMomento(api_key="owner") as service:
        monkeypatch.setenv("MOMENTO_ENDPOINT_URL", service.endpoint)
        yield service


def found(key: str, setting: str = "MOMENTO_API_KEY") -> list[tuple[CheckState, str]]:
    """Return the checks of a key."""
    settings = Settings(MOMENTO_API_ENDPOINT=ENDPOINT, **{setting: key})  # type: ignore[arg-type]  # by the variable's name
    checks = [*examine(settings)]
    assert all(key not in check.found for check in checks)
    return [(check.state, check.found) for check in checks]


@each(case=CASES, setting=["MOMENTO_API_KEY", "MOMENTO_READ_API_KEY"])
def test_the_expiry_of_each_key_is_told(case: str, setting: str) -> None:
    days, state, says = CASES[case]
    assert days is not None
    at = datetime.now(UTC) + timedelta(days=days, minutes=1 if days > 0 else 0)
    ((seen, said),) = found(token(t="g", jti="k", exp=int(at.timestamp())), setting)
    assert (seen, says in said) == (state, True), said
    assert said.startswith(setting)


def test_a_key_of_the_first_version_expires_too() -> None:
    envelope = V1 | {"api_key": token(ver=1, exp=1)}
    ((seen, said),) = found(encoded(envelope, padded=True))
    assert (seen, "expired on 1970-01-01" in said) == (CheckState.FAILURE, True)


def test_a_disposable_token_is_a_failure() -> None:
    ((seen, said),) = found(token(t="disposable", ver=2))
    assert (seen, "./help.sh key create" in said) == (CheckState.FAILURE, True)


def test_momento_knows_the_expiry_that_a_key_does_not_tell(
    momento: LocalMomento, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that may list keys finds itself among them."""
    monkeypatch.setattr("localcloud.momento.keys._token", lambda id_, _: token(t="g", jti=id_))
    soon = int((datetime.now(UTC) + timedelta(days=3)).timestamp())
    lists = momento.service.keys.new_key("viewer", "", soon).secret
    ((seen, said),) = found(lists)
    assert (seen, "in 3 days" in said) == (CheckState.WARNING, True)
    for_ever = momento.service.keys.new_key("viewer", "", None).secret
    assert found(for_ever) == [(CheckState.OK, "MOMENTO_API_KEY is a v2 key, and names no expiry")]
    blind = momento.service.keys.new_role("blind", {"rules": []}).role_id
    key = momento.service.keys.new_key(blind, "", soon).secret
    assert found(key) == [(CheckState.OK, "MOMENTO_API_KEY is a v2 key, and names no expiry")]


def test_what_has_no_form_of_a_key_is_left_to_the_other_checks() -> None:
    assert found("local-api-key") == []
