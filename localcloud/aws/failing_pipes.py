"""A fault of the local AWS: creating a pipe fails, as on AWS soon after creating role and table.

`POST /local-cloud/failing-pipes` with a JSON list of reasons makes the next pipes fail, one for
each reason. The texts are those of public reports: terraform-provider-aws issue 40572, aws-cdk
issue 31211 and momentohq/client-sdk-javascript pull request 1302.
"""

import json
import threading
from collections.abc import Iterable
from typing import Any, Final

from moto.pipes.models import EventBridgePipesBackend, Pipe

from ..status import FAILED

PATH: Final = "/local-cloud/failing-pipes"
STREAM: Final = "stream"
QUEUE: Final = "queue"
_REASONS: Final = {
    STREAM: "Cannot access stream {source}. Please ensure the customer role can perform actions on"
    " source stream",
    QUEUE: "Error occurred while sending message to SQS queue: {queue}",
}

_next: list[str] = []
_lock = threading.Lock()


def switch(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
    """Answer the request that names the reasons, STREAM or QUEUE."""
    reasons = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    known = all(reason in _REASONS for reason in reasons)
    if known:
        with _lock:
            _next[:] = reasons
    start_response("204 No Content" if known else "400 Bad Request", [("Content-Length", "0")])
    return [b""]


def apply() -> None:
    """Correct moto in this process."""
    original = EventBridgePipesBackend.create_pipe

    def create_pipe(self: EventBridgePipesBackend, **given: Any) -> Pipe:  # noqa: ANN401 - moto's
        pipe = original(self, **given)
        with _lock:
            reason = _next.pop(0) if _next else None
        if reason is not None:
            stream = (pipe.source_parameters or {}).get("DynamoDBStreamParameters", {})
            queue = stream.get("DeadLetterConfig", {}).get("Arn", "")
            pipe.status = FAILED
            text = _REASONS[reason].format(source=pipe.source, queue=queue)
            text = f"Input parameter is invalid from the request due to : {text}"
            pipe.state_reason = text  # type: ignore[assignment]  # moto's pipes never have one
        return pipe

    EventBridgePipesBackend.create_pipe = create_pipe  # type: ignore[assignment, method-assign]  # the fault has fewer types
