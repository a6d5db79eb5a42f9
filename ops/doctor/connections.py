"""Checks of connections and API destinations: authorized, active, with the API key of `.env`."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from momento_pipes.momento.update_connection import version_of
from ops.deploy import former_key
from ops.doctor.aws import Client
from ops.doctor.check import Check, failure, ok, warning
from ops.doctor.declared import Declared
from ops.doctor.existence import Existence
from ops.terraform.terraform import KEY_VARIABLE
from stacks.settings import Settings

WELL = ("AUTHORIZED", "ACTIVE")
UNDER_WAY = ("CREATING", "UPDATING", "AUTHORIZING", "DELETING", "DEAUTHORIZING")
"""EventBridge API, "DescribeConnection": ConnectionState."""
SENT_BY = {
    "InvocationEndpoint": "invocation_endpoint",
    "HttpMethod": "http_method",
    "InvocationRateLimitPerSecond": "invocation_rate_limit_per_second",
}
"""The names, in DescribeApiDestination and in Terraform, of the settings for requests."""
AFTER_THE_DEPLOY = timedelta(minutes=5)
"""The longest time from a connection's update to the write of the state."""
NO_STATE = ("NoSuchKey", "NoSuchBucket", "404")


def examine(
    settings: Settings, client: Client, declared: Declared, existence: Existence
) -> Iterator[Check]:
    """Yield the problems of connections, destinations and the API key, or that all is well."""
    events = client("events")
    connections = declared.names("aws_cloudwatch_event_connection")
    for _, connection in existence.each(
        "connection", connections, events.describe_connection, "Name"
    ):
        yield _connection(connection)
        yield from _key(settings, client("s3"), connection)
    active = []
    destinations = declared.by_name("aws_cloudwatch_event_api_destination")
    for name, answer in existence.each(
        "API destination", destinations, events.describe_api_destination, "Name"
    ):
        destination = destinations[name]
        changed = [
            f"{what} is {answer[what]}, and the stack's is {destination[declares]}"
            for what, declares in SENT_BY.items()
            if declares in destination and answer.get(what) != destination[declares]
        ]
        if changed:
            yield failure(
                "destinations",
                f"{name} was changed by hand: {'; '.join(changed)}: run ./help.sh deploy",
            )
        elif answer.get("ApiDestinationState", "ACTIVE") == "ACTIVE":
            active.append(name)
        else:
            yield failure(
                "destinations",
                f"{name} is {answer['ApiDestinationState']}, so its records become dead letters:"
                " repair its connection first, then run ./help.sh redrive",
            )
    if active:
        yield ok("destinations", f"{len(active)} active")


def _connection(connection: dict[str, Any]) -> Check:
    name, state = connection["Name"], connection["ConnectionState"]
    reason = f": {connection['StateReason']}" if connection.get("StateReason") else ""
    if state in WELL:
        return ok("connection", f"{name} is authorized")
    if state in UNDER_WAY:
        return warning("connection", f"{name} is {state}{reason}; look again in a minute")
    return failure(
        "connection",
        f"{name} is {state}{reason}; nothing is delivered. EventBridge does this when Momento"
        " answers 401 or 407: put a valid key into MOMENTO_API_KEY and run ./help.sh deploy (with"
        " the same key Terraform sees no change: save the connection again in the EventBridge"
        " console), then ./help.sh redrive",
    )


def _key(settings: Settings, s3: Any, connection: dict[str, Any]) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    """Compare the version of the deployed API key, from the state, with that of `.env`."""
    key = os.environ.get(KEY_VARIABLE) or (
        settings.momento_api_key.get_secret_value() if settings.momento_api_key else ""
    )
    if not key:
        return
    where = f"s3://{settings.state_bucket}/{settings.state_key}"
    try:
        answer = s3.get_object(Bucket=settings.state_bucket, Key=settings.state_key)
        state = json.loads(answer["Body"].read())
    except ClientError as error:
        code = error.response["Error"]["Code"]
        what = "does not exist" if code in NO_STATE else f"may not be read ({code})"
        yield warning("deployed key", f"not compared with MOMENTO_API_KEY: {where} {what}")
        return
    except (ValueError, RecursionError):
        yield warning("deployed key", f"not compared with MOMENTO_API_KEY: {where} is not a state")
        return
    if former_key.is_in(state):
        yield warning(
            "key in the state", f"{where} holds the API key in clear: {former_key.REMEDY}"
        )
    deployed = _version(state)
    if deployed is None:
        yield warning("deployed key", f"not compared with MOMENTO_API_KEY: {where} holds no key")
    elif deployed != version_of(key):
        yield failure(
            "deployed key",
            f"{connection['Name']} has another key than MOMENTO_API_KEY (their versions"
            " differ): run ./help.sh deploy, or correct .env",
        )
    elif connection.get("LastModifiedTime", answer["LastModified"]) > (
        answer["LastModified"] + AFTER_THE_DEPLOY
    ):
        yield warning(
            "deployed key",
            f"{connection['Name']} was changed after the last deploy, so that its key may be"
            " another than MOMENTO_API_KEY: if you did not do that, save it again in the"
            " EventBridge console",
        )
    else:
        yield ok("deployed key", "MOMENTO_API_KEY is the one that was deployed, by its version")


def _version(state: Any) -> str | None:  # noqa: ANN401 - Terraform's state, any JSON
    """Return the version of the key that the connection has, unless that is not known."""
    for attributes in former_key.instances(state, "terraform_data"):
        triggers = (attributes.get("triggers_replace") or {}).get("value")
        if isinstance(triggers, dict) and triggers.get("key_version"):
            return str(triggers["key_version"])
    return None
