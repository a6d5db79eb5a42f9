"""Make the two keys of a stack, and write them to `.env`."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from live.momento.auth import MomentoAuth, NewKey
from ops.deploy import watch_key
from ops.doctor.declared import Declared
from ops.key import env_file
from ops.key.momento_names import MomentoNames
from ops.key.roles import Purpose, purposes, role_for
from ops.shared.errors import OpsError
from ops.terraform.terraform import environment, read_synthesized, synthesize
from stacks.settings import Settings

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The purpose of both keys of some stacks, and the resources that hold them.

    The connections send with the first one. The secrets give the second one to watches.
    """

    both: tuple[Purpose, Purpose]
    connections: Sequence[str]
    watch_secrets: Sequence[str] = ()


def wanted(settings: Settings, also: Sequence[str] = ()) -> Wanted:
    """Synthesize the stack, and `also` others that use the same keys; return what they need.

    Raises:
        OpsError: a stack cannot be synthesized.

    """
    names = MomentoNames()
    connections: set[str] = set()
    of_watches: set[str] = set()
    for name in dict.fromkeys([settings.stack, *also]):
        chosen = settings if name == settings.stack else Settings.load(stack=name)
        folder = synthesize(name, environment(chosen), quiet=True)
        document = read_synthesized(folder)
        names |= MomentoNames.of(document)
        connections.update(Declared(document).names("aws_cloudwatch_event_connection"))
        of_watches.update(watch_key.secrets_in(document))
    return Wanted(
        both=purposes(settings, names),
        connections=sorted(connections),
        watch_secrets=sorted(of_watches),
    )


def must_be_new(*, replace: bool) -> None:
    """Raise OpsError if `.env` has a key, which a deployment may use."""
    if not replace and env_file.read("MOMENTO_API_KEY"):
        raise OpsError(
            f"{env_file.path()} has a MOMENTO_API_KEY, which may be deployed: ./help.sh key rotate"
            " replaces it without a gap. If nothing uses it, add --replace"
        )


def create(
    auth: MomentoAuth,
    both: tuple[Purpose, Purpose],
    *,
    days: int,
    say: Say,
    update_roles: bool = False,
) -> None:
    """Make both roles and both keys; write each key to `.env` as soon as it exists.

    Raises:
        OpsError: a role has other rules, or the file cannot be written.
        LiveError: Momento cannot be reached, or refuses.

    """
    roles = [role_for(auth, purpose, update=update_roles) for purpose in both]
    for purpose, role in zip(both, roles, strict=True):
        with_mark = description(purpose, mark())
        try:
            key = auth.create_key(role.role_id, with_mark, expiry(days))
            env_file.write({purpose.setting: key.text})
        except BaseException:  # nobody knows the key's text: it must not stay
            auth.revoke_described(with_mark)
            raise
        say(sentence_on(purpose, key))


def sentence_on(purpose: Purpose, key: NewKey) -> str:
    """Return a sentence about a new key."""
    expires = f"{key.info.expires_at:%Y-%m-%d}" if key.info.expires_at else "never"
    return (
        f"{purpose.setting}: the key {key.info.key_id} of the role {purpose.role_name}, which"
        f" expires on {expires}"
    )


def mark() -> str:
    """Return a text that only the keys of one run have in their description."""
    return f"{datetime.now(UTC):%Y-%m-%d} {secrets.token_hex(4)}"


def description(purpose: Purpose, mark: str) -> str:
    """Return the description of a key."""
    return f"{purpose.description} ({mark})"


def expiry(days: int) -> datetime:
    """Return the time some days from now."""
    return datetime.now(UTC) + timedelta(days=days)
