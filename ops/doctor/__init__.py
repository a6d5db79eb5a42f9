"""What a deployment needs and how it does, checked one by one: ok, or what to do."""

from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from ops import place
from ops.doctor import aws, momento, pipes, tools
from ops.doctor.check import Check, Verdict, failure
from stacks.settings import Settings, SettingsError

__all__ = ["Check", "Verdict", "examine"]

CONFIG = Config(retries={"max_attempts": 1}, connect_timeout=5, read_timeout=10)


def examine() -> Iterator[Check]:
    """Yield every check, the ones that need nothing first.

    What is wrong with the tools or the settings is told before AWS and Momento are asked, and
    without settings neither is.
    """
    yield from tools.examine()
    try:
        settings = Settings.load()
    except SettingsError:
        return  # told by the tools' checks
    place.say(settings)
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
        yield from momento.examine(settings)
        if known:
            yield from pipes.examine(settings, client)
    except BotoCoreError as error:  # a profile that is not there, say
        yield failure("credentials", f"AWS cannot be asked: {error}")
    finally:
        for each in clients.values():
            each.close()
