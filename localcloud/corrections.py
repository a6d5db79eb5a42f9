"""Where moto's server answers other than AWS does: the one place where it is corrected.

Each correction says what AWS does, and has a test of its own in
`tests/localcloud/test_corrections.py`.
"""

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.pipes.models import EventBridgePipesBackend, Pipe
from moto.s3.models import FakeBucket


def apply() -> None:
    """Correct moto in this process."""
    _update_pipe_by_member()
    _judge_bucket_policies_as_over_tls()


def _update_pipe_by_member() -> None:
    """Keep what an UpdatePipe request leaves out.

    AWS changes the members of SourceParameters and TargetParameters that the request holds,
    each as a whole, and keeps the others; the starting position cannot be changed and stays
    (EventBridge Pipes API, UpdatePipe). moto replaces both parameters whole, so that the next
    plan wants to replace the pipe for its lost starting position.
    """
    original = EventBridgePipesBackend.update_pipe

    def update_pipe(self: EventBridgePipesBackend, name: str, **changes: Any) -> Pipe:  # noqa: ANN401
        pipe = self.pipes.get(name)
        if pipe is not None:
            for member in ("source_parameters", "target_parameters"):
                old, new = getattr(pipe, member) or {}, changes.get(member)
                if new is not None:
                    changes[member] = old | new
            _keep_starting_position(pipe.source_parameters or {}, changes["source_parameters"])
        return original(self, name=name, **changes)

    EventBridgePipesBackend.update_pipe = update_pipe  # type: ignore[assignment, method-assign]  # narrower on purpose


def _keep_starting_position(old: dict[str, Any], new: dict[str, Any] | None) -> None:
    for stream in ("DynamoDBStreamParameters", "KinesisStreamParameters"):
        if new and stream in new and "StartingPosition" in old.get(stream, {}):
            new[stream] = {"StartingPosition": old[stream]["StartingPosition"]} | new[stream]


def _judge_bucket_policies_as_over_tls() -> None:
    """Let requests pass a statement that denies only those without TLS.

    moto denies by such a statement whatever its condition. The local API speaks plain HTTP on
    the loopback in the place of AWS's HTTPS, so the condition does not hold for it.
    """
    without_tls = {"Bool": {"aws:SecureTransport": "false"}}

    def get_permission(self: FakeBucket, action: str, resource: str) -> PermissionResult:
        policy = json.loads(self.policy or "{}")
        statements = [
            statement
            for statement in policy.get("Statement", [])
            if statement.get("Condition") != without_tls
        ]
        if not statements:
            return PermissionResult.NEUTRAL
        rest = IAMPolicy(json.dumps(policy | {"Statement": statements}))
        return rest.is_action_permitted(action, resource)

    FakeBucket.get_permission = get_permission  # type: ignore[method-assign]  # the correction
