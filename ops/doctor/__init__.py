"""Check what a deployment needs and how it runs: each check is ok, or says what to do."""

from collections.abc import Iterator
from contextlib import closing

from live.aws import BRIEF, Aws, asking_aws
from live.errors import LiveError
from ops.doctor import aws, deployed, keys, momento, pipes, tools
from ops.doctor.check import Check, CheckState, failure
from ops.doctor.declared import Declared
from ops.shared import cloud
from ops.shared.errors import OpsError
from ops.terraform.terraform import environment, read_synthesized, synthesize
from stacks.settings import Settings, SettingsError

__all__ = ["Check", "CheckState", "examine"]


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
    cloud.say(settings)
    yield from keys.examine(settings)
    with closing(Aws(settings.region, BRIEF)) as clients:
        try:
            with asking_aws():
                yield from _examine_there(settings, clients.client)
        except LiveError as error:  # a profile that is not there, say
            yield failure("credentials", str(error))


def _examine_there(settings: Settings, client: aws.Client) -> Iterator[Check]:
    known = False
    for check in aws.examine(settings, client):
        known = known or (check.name, check.state) == ("credentials", CheckState.OK)
        yield check
    declared, problem = _declared(settings) if known else (None, None)
    yield from momento.examine(settings, declared.caches() if declared else {})
    if known:
        yield from pipes.examine(settings, client)
    if problem is not None:
        yield problem
    if declared is not None:
        yield from deployed.examine(settings, client, declared)


def _declared(settings: Settings) -> tuple[Declared | None, Check | None]:
    """Return what the stack declares; or a check that says why it cannot be synthesized."""
    try:
        folder = synthesize(settings.stack, environment(settings), quiet=True)
    except OpsError as error:
        return None, failure("stack", f"{error}: what is missing is not known")
    return Declared(read_synthesized(folder)), None
