"""What `live.health` asks each part, with little patience.

On this machine a part is asked every second and may take `ANSWER_SECONDS`, so that a fault is seen
in less than three seconds.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from live.aws import GONE, Aws, asking_aws, once
from live.deliveries import Feed
from live.errors import LiveError
from live.health import Probe, UnknownError
from live.momento.answer import judged
from live.momento.client import Access, Momento, RefusedError, UnansweredError

ANSWER_SECONDS = 1.2
STANDSTILL_SECONDS = 10.0
"""If the runner has not read the definitions for this time, it stands still."""
UNDER_WAY: Final = frozenset({"CREATING", "UPDATING", "STARTING", "AUTHORIZING"})
"""States of a pipe (PipeState) and of a connection (ConnectionState) that end by themselves."""
AWS_RUNS: Final = "AWS runs the pipes"
KEY: Final = "health"
"""The key that is read from the cache; it need not be there."""


def probes(
    region: str,
    *,
    pipes: Collection[str],
    connections: Collection[str],
    momento: Access,
    cache: str,
    feed: Feed | None,
) -> dict[str, Probe]:
    """Return what asks each part; `feed` is that of the local runner, None on AWS.

    Raises:
        LiveError: the environment names an unknown profile.

    """
    client = Aws(region, once(ANSWER_SECONDS)).client
    sts, describe_pipe = client("sts"), client("pipes").describe_pipe
    describe_connection = client("events").describe_connection

    def ask_aws() -> str:
        """Ask who is asking, which needs no permission (AWS: "GetCallerIdentity")."""
        with asking_aws():
            sts.get_caller_identity()
        return ""

    def ask_pipes() -> str:
        under_way = _judged("pipe", pipes, describe_pipe, "CurrentState", {"RUNNING"}, "start it")
        return "; ".join(filter(None, [under_way, _run_by(feed, pipes) if feed else ""]))

    def ask_connections() -> str:
        well, advice = {"AUTHORIZED", "ACTIVE"}, "give it a valid API key (./help.sh key rotate)"
        describe, state = describe_connection, "ConnectionState"
        return _judged("connection", connections, describe, state, well, advice)

    return {
        "aws": ask_aws,
        "momento": _momento(momento, cache, is_local=feed is not None),
        "runner": lambda: _runner(feed) if feed else AWS_RUNS,
        "pipes": ask_pipes,
        "connection": ask_connections,
    }


def _judged(
    kind: str,
    names: Iterable[str],
    describe: Callable[..., Mapping[str, Any]],
    state: str,
    well: Collection[str],
    advice: str,
) -> str:
    """Ask for the state of each resource (AWS: "DescribePipe", "DescribeConnection").

    Return what is under way.

    Raises:
        UnknownError: AWS cannot be asked.
        LiveError: a resource is missing, or in another state; the message has all of them.

    """
    bad, under_way = [], []
    for name in names:
        try:
            description = describe(Name=name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise UnknownError(f"AWS answered: {error}") from None
            bad.append(f"there is no {kind} {name}: ./help.sh deploy creates it")
            continue
        except BotoCoreError as error:
            raise UnknownError(f"AWS does not answer: {error}") from None
        if description[state] in UNDER_WAY:
            under_way.append(f"the {kind} {name} is {description[state]}")
        elif description[state] not in well:
            reason = description.get("StateReason") or advice
            bad.append(f"the {kind} {name} is {description[state]}: {reason}")
    if bad:
        raise LiveError("; ".join(bad))
    return "; ".join(under_way)


def _momento(access: Access, cache: str, *, is_local: bool) -> Probe:
    """Return what reads a key from the cache."""
    client = Momento(is_local=is_local, timeout=ANSWER_SECONDS)

    def probe() -> str:
        if not access.key:
            raise UnknownError("there is no API key to ask Momento with: set MOMENTO_API_KEY")
        request = access.request("GET", "cache", cache, key=KEY)
        try:
            judged(request, client.ask(request))
        except UnansweredError as error:
            raise LiveError(f"Momento at {access.origin} does not answer: {error}") from None
        except RefusedError as error:
            raise LiveError(f"Momento at {access.origin}: {error}") from None
        return ""

    return probe


def _runner(feed: Feed) -> str:
    """Ask whether the runner goes on; return its lag, if there is one."""
    try:
        heartbeat = feed.runner()
    except LiveError as error:
        raise LiveError(f"the runner is not there ({error}): ./help.sh up starts it") from None
    if heartbeat["stopped"]:
        raise LiveError("the runner has ended: ./help.sh up starts it")
    idle = heartbeat["at"] - heartbeat["watched"]
    if idle > STANDSTILL_SECONDS:
        raise LiveError(f"the runner does not go on: it last read the pipes {idle:.0f} s ago")
    lag = max((pipe["lag"] or 0.0 for pipe in heartbeat["pipes"]), default=0.0)
    return f"{lag:.0f} s behind" if lag >= 1 else ""


def _run_by(feed: Feed, names: Collection[str]) -> str:
    """Ask whether the runner runs the pipes: it may have stopped one that AWS would run."""
    try:
        pipes = feed.runner()["pipes"]
    except LiveError:
        raise UnknownError("the runner, which runs the pipes, is not there") from None
    known = {pipe["name"]: pipe for pipe in pipes}
    said = {"STOPPED": "has stopped {}", "RETRYING": "tries {} again"}
    bad = [
        f"the runner {said[pipe['state']].format(name)}: {pipe['reason']}"
        for name, pipe in known.items()
        if pipe["state"] in said and (name in names or "/" in name)
    ]
    if bad:
        raise LiveError("; ".join(bad))
    return "; ".join(
        f"the runner has not started {name} yet" for name in names if name not in known
    )
