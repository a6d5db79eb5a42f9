"""A state that sends one kind of request to Momento and handles its errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from momento_pipes.workflow.retrier import retrier

CONTENT_TYPE = "application/json; charset=utf-8"
"""The content type, which is also that of a pipe's API destination."""
TIMEOUT_SECONDS = 10
RETRIED = (
    *(f"States.Http.StatusCode.{status}" for status in (408, 409, 425, 429, 500, 502, 503, 504)),
    "States.Http.Socket",
    "States.Timeout",
)
"""The errors that are retried: Momento is busy or not reachable (HTTP Task, "Error handling")."""
ATTEMPTS = 4
FIRST_WAIT_SECONDS = 1
LONGEST_WAIT_SECONDS = 8
LONGEST_SECONDS = TIMEOUT_SECONDS * (ATTEMPTS + 1) + sum(
    min(FIRST_WAIT_SECONDS * 2**number, LONGEST_WAIT_SECONDS) for number in range(ATTEMPTS)
)
"""The longest time for one request with its retries, in seconds."""


@dataclass(frozen=True, kw_only=True)
class RequestTask:
    """An HTTP Task. Its method, endpoint, query and body may have expressions.

    The expressions read `$record`, the stream record, and `$request`, the current step.
    """

    name: str
    method: str
    endpoint: str
    query: Mapping[str, Any]
    body: Any
    in_one_cache: bool
    """Whether the names of cache and topic are constants, so that a 404 concerns every record."""

    def state(self, *, connection_arn: str, following: str, failed: str) -> dict[str, Any]:
        """Return the state. The next state is `following`, or `failed` after an error."""
        arguments = {
            "Method": self.method,
            "ApiEndpoint": self.endpoint,
            "InvocationConfig": {"ConnectionArn": connection_arn},
            "Headers": {"Content-Type": CONTENT_TYPE},
            **({"QueryParameters": dict(self.query)} if self.query else {}),
            "RequestBody": self.body,
        }
        refused = {
            "method": self.method,
            "endpoint": self.endpoint,
            "query": dict(self.query),
            "body": self.body,
        }
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::http:invoke",
            "Arguments": arguments,
            "TimeoutSeconds": TIMEOUT_SECONDS,
            "Retry": [
                retrier(RETRIED, ATTEMPTS, first=FIRST_WAIT_SECONDS, longest=LONGEST_WAIT_SECONDS)
            ],
            "Catch": [
                {
                    "ErrorEquals": ["States.QueryEvaluationError"],
                    "Assign": {
                        "error": "{% $states.errorOutput %}",
                        "refused": {"method": self.method, "endpoint": "", "query": {}, "body": ""},
                    },
                    "Next": failed,
                },
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {"error": "{% $states.errorOutput %}", "refused": refused},
                    "Next": failed,
                },
            ],
            "Assign": {"step": "{% $step + 1 %}"},
            "Output": {},
            "Next": following,
        }
