"""Replace the keys of a stack without a gap: new keys, deployed, tried, and the old ones revoked.

Each step is noted before the next one begins, and can be done twice. So a rotation that was
interrupted continues where it was.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from live.momento.api_key import KeyFacts
from live.momento.auth import MomentoAuth
from live.momento.client import Access, Momento, RefusedError, UnansweredError
from ops.key import env_file
from ops.key.connections import Connections, mark_of
from ops.key.create import Say, description, expiry, mark
from ops.key.progress import ProgressFile, RotationProgress
from ops.key.roles import Purpose, role_for
from ops.shared.errors import OpsError

PATIENCE_SECONDS = 60.0
"""How long Momento may need to know a new key."""
POLL_SECONDS = 2.0
CI = (
    "If workflows deploy, give them the new keys now: grep -E '^MOMENTO_(READ_)?API_KEY=' .env | gh"
    " secret set --env-file -"
)
"""GitHub CLI manual, "gh secret set": a dotenv file on standard input."""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """One rotation of a stack's keys.

    `deploy` deploys the stack with a sending key. `connections` are the names of the stack's.
    `give_watch` gives the stack's watches a reading key. The old keys are revoked `grace` seconds
    after a request with the new one has succeeded, unless another connection uses them, or
    `even_if_used`.
    """

    stack: str
    auth: MomentoAuth
    momento: Momento
    origin: str
    cache: str
    both: tuple[Purpose, Purpose]
    file: ProgressFile
    deployed: Connections
    connections: Sequence[str]
    deploy: Callable[[str], None]
    give_watch: Callable[[str], None]
    admin_id: str | None
    days: int
    grace: float
    say: Say
    update_roles: bool = False
    even_if_used: bool = False
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Do what is left to do.

        Raises:
            OpsError: a step failed; the message says what to do. The old key still works.
            LiveError: Momento or AWS cannot be asked.

        """
        try:
            self._take_steps()
        except BaseException:
            if self.file.path.exists():
                self.say(
                    "The rotation is not done. To continue it, run ./help.sh key rotate again."
                )
            raise

    def _take_steps(self) -> None:
        progress = self._begin()
        self._make(progress)
        key = progress.new[self._sending.setting]
        self._wait_until_accepted(key)
        self._deploy(key)
        self._try_deployed(key)
        self.give_watch(progress.new[self._reading.setting])
        env_file.write(progress.new)
        if progress.seen_at is None:
            self.say(f"✓ {env_file.path()} has the new keys. {CI}")
            progress.seen_at = time.time()
            self.file.write(progress)
        self._wait(progress.seen_at + self.grace - time.time())
        self._deploy(key)  # somebody may have deployed the old keys in the meantime
        self.give_watch(progress.new[self._reading.setting])
        self._must_be_unused(progress)
        self._revoke(progress)
        self.file.delete()

    @property
    def _sending(self) -> Purpose:
        return self.both[0]

    @property
    def _reading(self) -> Purpose:
        return self.both[1]

    def _begin(self) -> RotationProgress:
        progress = self.file.read()
        now = env_file.read(self._sending.setting)
        if progress is not None:
            if now and mark_of(now) not in {
                progress.old_mark,
                mark_of(progress.new.get(self._sending.setting, "")),
            }:
                raise OpsError(
                    f"{self._sending.setting} in {env_file.path()} is another key than when the"
                    f" rotation began. Put the former key back; or delete {self.file.path} and run"
                    " this again: then the rotation's own keys stay, unless you revoke them"
                )
            self.say("the rotation goes on where it was interrupted")
            return progress
        if not now:
            raise OpsError(
                f"{env_file.path()} has no {self._sending.setting}: ./help.sh key create makes one"
            )
        olds = {purpose.setting: env_file.read(purpose.setting) for purpose in self.both}
        ids = {name: KeyFacts.read(text).key_id for name, text in olds.items() if text}
        progress = RotationProgress(
            stack=self.stack,
            mark=mark(),
            old_mark=mark_of(now),
            old_ids={name: key_id for name, key_id in ids.items() if key_id},
        )
        self.file.write(progress)
        return progress

    def _make(self, progress: RotationProgress) -> None:
        roles = [role_for(self.auth, purpose, update=self.update_roles) for purpose in self.both]
        for purpose, role in zip(self.both, roles, strict=True):
            if purpose.setting in progress.new:
                continue
            text = description(purpose, progress.mark)
            self.auth.revoke_described(text)  # of an attempt whose key was not noted
            made = self.auth.create_key(role.role_id, text, expiry(self.days))
            progress.new[purpose.setting] = made.text
            self.file.write(progress)
            self.say(f"✓ {purpose.setting}: a new key {made.info.key_id} of {purpose.role_name}")

    def _wait_until_accepted(self, key: str) -> None:
        """Wait until Momento takes a key: with a 401, EventBridge would de-authorize all."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_accepted(key):
            if time.monotonic() > deadline:
                raise OpsError(
                    f"Momento at {self.origin} does not take the new key, after"
                    f" {PATIENCE_SECONDS:.0f} seconds. Nothing is deployed; run this again later"
                )
            self.stop.wait(POLL_SECONDS)

    def _is_accepted(self, key: str) -> bool:
        """Return whether a request with a key succeeds. It deletes an entry that does not exist."""
        access = Access(origin=self.origin, key=key)
        try:
            answer = self.momento.ask(access.probe("DELETE", self.cache))
        except (RefusedError, UnansweredError):
            return False
        if answer.status_code == httpx.codes.FORBIDDEN:  # a stack that only publishes
            return not any(rule["type"] == "cache" for rule in self._sending.rules)
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise OpsError(
                f"there is no cache {self.cache} at {self.origin}: ./help.sh cache create"
            )
        return answer.is_success

    def _deploy(self, key: str) -> None:
        if self._have(key):
            return
        self.deploy(key)
        if not self._have(key):
            raise OpsError(
                f"{', '.join(self.connections)} did not get the new key with the deployment."
                " Nothing is revoked: run ./help.sh doctor, then this again"
            )
        self.say(f"✓ deployed: {', '.join(self.connections)} sends with it")

    def _have(self, key: str) -> bool:
        return all(self.deployed.key(name) == key for name in self.connections)

    def _try_deployed(self, key: str) -> None:
        """See a request succeed with what each connection stores."""
        for name in self.connections:
            stored = self.deployed.key(name)
            if stored != key or not self._is_accepted(stored):
                raise OpsError(
                    f"a request with the key of {name} does not succeed. Nothing is revoked: run"
                    " ./help.sh doctor, then this again"
                )
            self.deployed.must_be_usable(name)
            self.say(f"✓ tried: Momento takes a request with what {name} stores")

    def _wait(self, seconds: float) -> None:
        """Wait, and see that EventBridge does not de-authorize a connection meanwhile."""
        if seconds > 0:
            self.say(f"the old key is revoked in {seconds:.0f} seconds; Ctrl-C loses nothing")
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.stop.wait(min(left, POLL_SECONDS))
            for name in self.connections:
                self.deployed.must_be_usable(name)

    def _must_be_unused(self, progress: RotationProgress) -> None:
        using, unread = self.deployed.using(progress.old_mark)
        if self.even_if_used or not using + unread:
            return
        what = []
        if using:
            what.append(f"{', '.join(using)} still sends with the old key")
        if unread:
            what.append(f"the key of {', '.join(unread)} may not be read")
        raise OpsError(
            f"{'; '.join(what)}. So the old key stays. Deploy the stacks of these connections"
            f" (STACK=... ./help.sh deploy), then run ./help.sh key rotate again; --even-if-used"
            " revokes it all the same"
        )

    def _revoke(self, progress: RotationProgress) -> None:
        """Revoke the old keys that were made for this stack."""
        names = {purpose.role_name for purpose in self.both}
        ours = {role.role_id for role in self.auth.roles() if role.name in names}
        keys = {key.key_id: key for key in self.auth.api_keys()}
        for purpose in self.both:
            key_id = progress.old_ids.get(purpose.setting)
            if key_id is None:
                if purpose is self._sending:
                    self.say("the old key has no id: revoke it in the Momento console")
            elif key_id not in keys:
                self.say(f"✓ the old key {key_id} is gone")
            elif key_id == self.admin_id or keys[key_id].role_id not in ours:
                self.say(
                    f"the old key {key_id} was not made for this stack, and stays: revoke it in the"
                    " Momento console if nothing else uses it"
                )
            else:
                self.auth.revoke(key_id)
                self.say(f"✓ revoked: the old key {key_id} of {purpose.role_name}")
