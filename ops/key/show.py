"""The keys of the settings and their permissions, without the keys' texts."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from live.cloud import momento_origin
from live.errors import LiveError
from live.momento.answer import is_of_no_cache
from live.momento.api_key import KeyFacts, Version
from live.momento.auth import KeyInfo, MomentoAuth, Role
from live.momento.client import Access, Momento
from ops.key.manager import VARIABLE, momento
from ops.key.roles import sentence
from stacks.settings import Settings

SENDS, READS = "MOMENTO_API_KEY", "MOMENTO_READ_API_KEY"
SOON_DAYS = 14
"""The doctor warns this many days before the expiry."""


@dataclass(kw_only=True)
class Shown:
    """What is known of one key."""

    setting: str
    facts: KeyFacts
    expires_at: datetime | None
    role: str | None = None
    description: str | None = None
    may: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "setting": self.setting,
            "version": self.facts.version.value,
            "key_id": self.facts.key_id,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "role": self.role,
            "description": self.description,
            "may": self.may,
        }

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield what to print: a name and a text."""
        yield "version", self.facts.version.value
        if self.facts.key_id:
            yield "id", self.facts.key_id
        yield "expires", when(self.expires_at)
        if self.description:
            yield "made for", self.description
        yield "role", self.role or f"not known: set {VARIABLE}, and Momento is asked"
        for permission in self.may:
            yield "may", permission


def keys(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the keys of the settings, each with its setting's name."""
    for name, key in (
        (SENDS, settings.momento_api_key),
        (READS, settings.momento_read_api_key),
    ):
        if key is not None:
            yield name, key.get_secret_value()


def show(settings: Settings, admin: str | None) -> Iterator[Shown]:
    """Yield the facts about each key: from its text, from Momento, and from test requests.

    Raises:
        LiveError: Momento cannot be reached, or refuses.

    """
    with momento() as client:
        infos, roles = _asked(client, admin)
        for setting, text in keys(settings):
            facts = KeyFacts.read(text)
            info = infos.get(facts.key_id or "")
            role = roles.get(info.role_id) if info else None
            shown = Shown(setting=setting, facts=facts, expires_at=facts.expires_at)
            if info is not None:
                shown.description = info.description
                shown.expires_at = info.expires_at
            if role is not None:
                shown.role = role.name
                shown.may = [sentence(rule) for rule in role.rules]
            if not shown.may:
                shown.may = [*_tried(client, settings, text)]
            yield shown


def when(expires_at: datetime | None) -> str:
    """Return in words when a key expires."""
    if expires_at is None:
        return "never, or the key does not say when"
    days = days_left(expires_at)
    left = f"in {days} days" if days >= 0 else "expired"
    return f"{expires_at:%Y-%m-%d %H:%M} UTC, {left}"


def days_left(expires_at: datetime) -> int:
    """Return the days until a key expires, rounded; negative after that."""
    seconds = (expires_at - datetime.now(UTC)).total_seconds()
    return -1 if seconds <= 0 else round(seconds / 86_400)


def known(text: str, auth: MomentoAuth) -> KeyInfo | None:
    """Return Momento's facts about a key, or None if the key may not ask for them."""
    facts = KeyFacts.read(text)
    if facts.version is not Version.V2:
        return None
    try:
        return next((info for info in auth.api_keys() if info.key_id == facts.key_id), None)
    except LiveError:
        return None


def _asked(client: Momento, admin: str | None) -> tuple[Mapping[str, KeyInfo], Mapping[str, Role]]:
    if admin is None:
        return {}, {}
    auth = MomentoAuth(client, admin)
    infos = {info.key_id: info for info in auth.api_keys()}
    return infos, {role.role_id: role for role in auth.roles()}


def _tried(client: Momento, settings: Settings, key: str) -> Iterator[str]:
    """Yield what a key may do with an item that does not exist; nothing changes."""
    origin = momento_origin(os.environ, settings.momento_api_endpoint)
    access = Access(origin=origin, key=key)
    for method, verb in (("GET", "read"), ("DELETE", "write")):
        try:
            answer = client.ask(access.probe(method, settings.cache_name))
        except LiveError as error:
            yield f"{verb} items of {settings.cache_name}: not known, {error}"
            continue
        yield f"{verb} items of {settings.cache_name}: {_meaning(answer)}"


def _meaning(answer: httpx.Response) -> str:
    match answer.status_code:
        case 401:
            return "no, Momento refuses the key (401): it is wrong, expired or revoked"
        case 403:
            return "no (403)"
        case 404 if is_of_no_cache(answer):
            return "there is no such cache: ./help.sh cache create"
        case 204 | 404:
            return "yes"
    return f"not known, HTTP {answer.status_code}"
