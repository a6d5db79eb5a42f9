"""Checks of the API keys' expiry, which is in the key or at Momento."""

from collections.abc import Iterator
from datetime import datetime

from live.momento.api_key import KeyFacts, Version
from live.momento.auth import MomentoAuth
from ops.doctor.check import Check, failure, ok, warning
from ops.key.manager import momento
from ops.key.show import SOON_DAYS, days_left, keys, known
from stacks.settings import Settings

NAME = "key expiry"


def examine(settings: Settings) -> Iterator[Check]:
    """Yield a check for each key of the settings that is one of Momento's."""
    for setting, text in keys(settings):
        facts = KeyFacts.read(text)
        if facts.version is Version.UNKNOWN:
            continue  # whether Momento takes it is another check
        if facts.version is Version.TOKEN:
            yield failure(
                NAME,
                f"{setting} is {facts.version.value}, which expires within a day:"
                " ./help.sh key create makes a key",
            )
            continue
        expires_at = facts.expires_at or _asked(text)
        if expires_at is None:
            yield ok(NAME, f"{setting} is a {facts.version.value} key, and names no expiry")
            continue
        yield _of(setting, facts.version.value, expires_at)


def _of(setting: str, version: str, expires_at: datetime) -> Check:
    days, day = days_left(expires_at), f"{expires_at:%Y-%m-%d}"
    if days < 0:
        return failure(NAME, f"{setting} expired on {day}: run ./help.sh key rotate")
    if days <= SOON_DAYS:
        return warning(
            NAME, f"{setting} expires on {day}, in {days} days: run ./help.sh key rotate"
        )
    return ok(NAME, f"{setting} is a {version} key that expires on {day}, in {days} days")


def _asked(text: str) -> datetime | None:
    """Return the expiry that Momento knows of, if the key may ask for it."""
    with momento() as client:
        info = known(text, MomentoAuth(client, text))
    return info.expires_at if info else None
