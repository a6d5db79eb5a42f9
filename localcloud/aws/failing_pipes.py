"""A fault of the local AWS: creating a pipe fails, as on AWS soon after creating role and table.

`POST /local-cloud/failing-pipes` with a JSON list of reasons makes the next pipes fail, one for
each reason. The texts are those of public reports: terraform-provider-aws issue 40572, aws-cdk
issue 31211 and momentohq/client-sdk-javascript pull request 1302.
"""

import threading
from typing import Any, Final

from moto.pipes.models import EventBridgePipesBackend, Pipe
from werkzeug.wrappers import Request, Response

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


@Request.application
def switch(request: Request) -> Response:
    """Answer the request that names the reasons, STREAM or QUEUE."""
    reasons = request.get_json(force=True)
    known = all(reason in _REASONS for reason in reasons)
    if known:
        with _lock:
            _next[:] = reasons
    return Response(status=204 if known else 400)


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
