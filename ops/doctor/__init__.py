"""Check what a deployment needs and how it runs: each check is ok, or says what to do."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from ops import place
from ops.doctor import aws, deployed, keys, momento, pipes, tools
from ops.doctor.check import Check, Verdict, failure
from ops.doctor.declared import Declared
from ops.errors import OpsError
from ops.terraform import environment, synthesize
from stacks.settings import Settings, SettingsError

__all__ = ["Check", "Verdict", "examine"]

CONFIG = Config(retries={"max_attempts": 1}, connect_timeout=5, read_timeout=10)


def examine() -> Iterator[Check]:
    """Yield every check, first those that need nothing.

    Problems of the tools and the settings come before AWS and Momento are asked; without settings
    neither is asked.
    """
    yield from tools.examine()
    try:
        settings = Settings.load()
    except SettingsError:
        return  # told by the tools' checks
    place.say(settings)
    yield from keys.examine(settings)
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        if service not in clients:
            clients[service] = session.client(service, config=CONFIG)  # type: ignore[call-overload]  # the service is a variable
        return clients[service]

    try:
        session = boto3.session.Session(region_name=settings.region)
        known = False
        for check in aws.examine(settings, client):
            known = known or (check.name, check.verdict) == ("credentials", Verdict.OK)
            yield check
        declared, problem = _declared(settings) if known else (None, None)
        yield from momento.examine(settings, declared.caches() if declared else {})
        if known:
            yield from pipes.examine(settings, client)
        if problem is not None:
            yield problem
        if declared is not None:
            yield from deployed.examine(settings, client, declared)
    except BotoCoreError as error:  # a profile that is not there, say
        yield failure("credentials", f"AWS cannot be asked: {error}")
    finally:
        for each in clients.values():
            each.close()


def _declared(settings: Settings) -> tuple[Declared | None, Check | None]:
    """Return what the stack declares; or a check that says why it cannot be synthesized."""
    try:
        folder = synthesize(settings.stack, environment(settings), quiet=True)
        document = json.loads((folder / "cdk.tf.json").read_text(encoding="utf-8"))
    except OpsError as error:
        return None, failure("stack", f"{error}: what is missing is not known")
    return Declared(document), None
