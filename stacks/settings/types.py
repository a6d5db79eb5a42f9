"""The types of the settings, each with a check.

A check raises ValueError. Its message follows the setting's name: what is wrong, and what to write.
"""

import math
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, SecretStr

MAX_KEY_LENGTH = 512
"""EventBridge allows an API key of 1 to 512 characters."""
MAX_RULE_RETRIES = 185
MAX_BATCH = 10_000
"""The most records of a pipe's batch (Pipes API, "PipeSourceDynamoDBStreamParameters")."""
MAX_CONCURRENCY = 40
"""The most simultaneous iterations of an inline Map state ("Map state processing modes")."""
MAX_PREFIX_LENGTH = 24
"""The role's name has the prefix and forty other characters. IAM allows 64."""
STREAM_SECONDS = 86_400
"""A stream keeps a record for a day."""

MAX_PORT = 65_535
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_AS_IN_CONSOLE = (
    "write it as in the Momento console, for example"
    " https://api.cache.cell-1-us-east-1-1.prod.a.momentohq.com"
)


def _key_fits_a_connection(key: SecretStr) -> SecretStr:
    length = len(key.get_secret_value())
    if length > MAX_KEY_LENGTH:
        raise ValueError(
            f"has {length} characters, but EventBridge allows at most {MAX_KEY_LENGTH};"
            " create a key with fewer permissions in the Momento console"
        )
    if not re.fullmatch(r"[\x21-\x7e]+", key.get_secret_value()):
        raise ValueError(
            "has a space, a line break or a character outside ASCII;"
            " copy the key again from the Momento console"
        )
    return key


def _endpoint_is_an_https_origin(endpoint: str) -> str:
    """Return the origin in lower case.

    EventBridge does not allow every URL: see AWS, CreateApiDestination, InvocationEndpoint. Its
    pattern allows no brackets, and therefore no IPv6 address.
    """
    scheme, separator, rest = endpoint.partition("://")
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise ValueError(
            "has a user name or a password before the host; remove it, because everybody who can"
            " read the stack would read it. Use MOMENTO_API_KEY for the key"
        )
    if scheme.lower() != "https" or not separator:
        raise ValueError(f"is {endpoint!r}, but API destinations need https; {_AS_IN_CONSOLE}")
    host, colon, port = authority.partition(":")
    if not authority or not host:
        raise ValueError(f"is {endpoint!r}, which has no host; {_AS_IN_CONSOLE}")
    if authority.startswith("["):
        raise ValueError(
            f"is {endpoint!r}; EventBridge needs the name of a host, not an IPv6 address;"
            f" {_AS_IN_CONSOLE}"
        )
    if not _HOST.fullmatch(host):
        raise ValueError(
            f"is {endpoint!r}, but {host!r} is not the name of a host: use letters, digits, dashes"
            f" and dots between them; {_AS_IN_CONSOLE}"
        )
    if colon and not (re.fullmatch("[0-9]{1,5}", port) and 1 <= int(port) <= MAX_PORT):
        raise ValueError(
            f"is {endpoint!r} with the port {port!r}; remove the port, or write 1 to {MAX_PORT}"
        )
    if rest[len(authority) :].strip("/"):
        raise ValueError(
            f"is {endpoint!r}, which has more than a host; remove the part after the host"
            " (the stack adds /cache/* and /topics/*/*)"
        )
    return f"https://{authority.lower()}"


def _retries_are_a_positive_number(attempts: int) -> int:
    if attempts == 0:
        raise ValueError(
            "is 0, which the Terraform provider drops when it creates a pipe: AWS then"
            " retries until the record expires and blocks the shard for a day; use 1 or more"
        )
    if not 1 <= attempts <= 10_000:  # noqa: PLR2004 - the API's own bound
        raise ValueError(f"is {attempts}; EventBridge Pipes allows 1 to 10000")
    return attempts


def _tags_are_pairs(tags: Any) -> Any:  # noqa: ANN401 - raw input
    if not isinstance(tags, str):
        return tags
    pairs = [pair.partition("=") for pair in tags.split(",") if pair.strip()]
    if any(not separator or not name.strip() for name, separator, _ in pairs):
        raise ValueError(f"is {tags!r}; write name=value pairs with commas between them")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _like(pattern: str, advice: str) -> AfterValidator:
    """Return the check that a text matches a pattern; `advice` says what to write."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"is {text!r}; {advice}")
        return text

    return AfterValidator(check)


def _between(least: int, most: float, advice: str) -> AfterValidator:
    """Return the check that a number is in a range; `advice` says what to write."""

    def check(number: int) -> int:
        if not least <= number <= most:
            raise ValueError(f"is {number}; {advice}")
        return number

    return AfterValidator(check)


MomentoKey = Annotated[SecretStr, AfterValidator(_key_fits_a_connection)]
Endpoint = Annotated[str, AfterValidator(_endpoint_is_an_https_origin)]
Region = Annotated[str, _like(r"[a-z]{2}(-[a-z]+)+-\d", "write an AWS region such as us-east-1")]
PathName = Annotated[
    str,
    _like(
        r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}",
        "use 1 to 255 letters, digits, dots, dashes or underscores",
    ),
]
SecretName = Annotated[
    str,
    _like(
        r"[A-Za-z0-9/_+=.@-]{1,512}",
        "use 1 to 512 letters, digits and /_+=.@-",
    ),
]
Prefix = Annotated[
    str,
    _like(
        rf"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){{2,{MAX_PREFIX_LENGTH - 1}}}",
        f"use 3 to {MAX_PREFIX_LENGTH} lower-case letters, digits and single dashes, beginning with"
        " a letter",
    ),
]
StackName = Annotated[
    str, _like(r"[a-z][a-z0-9-]{0,30}", "write the name of a stack in stacks/catalogue.py")
]
BatchSize = Annotated[int, _between(1, MAX_BATCH, f"use 1 to {MAX_BATCH} records")]
Concurrency = Annotated[int, _between(1, MAX_CONCURRENCY, f"use 1 to {MAX_CONCURRENCY} groups")]
PipeRetries = Annotated[int, AfterValidator(_retries_are_a_positive_number)]
RuleRetries = Annotated[
    int, _between(0, MAX_RULE_RETRIES, f"a rule of an event bus allows 0 to {MAX_RULE_RETRIES}")
]
RecordAge = Annotated[
    int,
    _between(
        60,
        STREAM_SECONDS - 1,
        f"use 60 to {STREAM_SECONDS - 1} seconds: a record older than a day has left the stream,"
        " and its dead letter would point at nothing",
    ),
]
Seconds = Annotated[int, _between(1, math.inf, "use 1 second or more")]
PerSecond = Annotated[int, _between(1, math.inf, "use 1 or more a second")]
WaitSeconds = Annotated[int, _between(0, 300, "use 0 to 300 seconds (15 is enough on AWS)")]
Minutes = Annotated[int, _between(1, 60, "use 1 to 60 minutes")]
WatchedItems = Annotated[int, _between(1, 100, "use 1 to 100 items")]
WatchRequests = Annotated[int, _between(10, 500, "use 10 to 500 requests")]
Settling = Annotated[int, _between(1, 120, "use 1 to 120 seconds")]
BucketName = Annotated[
    str,
    _like(
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "use 3 to 63 lower-case letters, digits, dots and dashes",
    ),
]
PolicyArn = Annotated[
    str,
    _like(
        r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]{1,512}",
        "write the ARN of a managed policy, such as"
        " arn:aws:iam::123456789012:policy/weather-stats-demo-ci-boundary, or leave it empty",
    ),
]
TopicArn = Annotated[
    str,
    _like(
        r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}",
        "write the ARN of a standard SNS topic, such as"
        " arn:aws:sns:us-east-1:123456789012:on-call, or leave it empty for a new one",
    ),
]
ExactVersion = Annotated[str, _like(r"\d+\.\d+\.\d+", "write an exact version such as 5.100.0")]
Tags = Annotated[dict[str, str], BeforeValidator(_tags_are_pairs)]
