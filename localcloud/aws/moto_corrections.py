"""Corrections of moto's server where it differs from AWS.

Each correction says what AWS does. Its test is in `tests/localcloud/aws/test_moto_corrections.py`,
or in the test of its own module.
"""

import json
import time
from typing import Any

import moto.sqs.models
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.logs.exceptions import ResourceNotFoundException as NoSuchLogGroup
from moto.logs.responses import LogsResponse
from moto.pipes.models import EventBridgePipesBackend, Pipe, PipeStatus
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from moto.sqs.models import Message, Queue, SQSBackend

from ..dynamodb import attribute_values, numbers, segments, streams
from ..status import FAILED
from . import (
    connection_states,
    execution_records,
    failing_pipes,
    lambda_account,
    questions,
    state_machines,
)
from .turn import TURN

VISIBLE_AGAIN_SECONDS = 0.25
"""A long poll reads the queue again after this time: a message may be visible again."""


def apply() -> None:
    """Correct moto in this process."""
    _update_pipe_by_member()
    _ignore_statements_about_tls()
    _refuse_buckets_of_another_owner()
    _keep_stopped_pipes_stopped()
    failing_pipes.apply()
    attribute_values.apply()
    numbers.apply()
    segments.apply()
    streams.apply()
    connection_states.apply()
    state_machines.apply()
    execution_records.apply()
    questions.apply()
    lambda_account.apply()
    _change_the_key_of_log_groups()
    _wait_for_messages()
    _look_at_messages_fast()


def _update_pipe_by_member() -> None:
    """Keep the members that an UpdatePipe request does not contain.

    AWS replaces the members of SourceParameters and TargetParameters that the request contains,
    and keeps the others. The starting position cannot change and stays (EventBridge Pipes API,
    UpdatePipe). moto replaces both parameters completely, so the starting position is lost, and
    the next plan replaces the pipe.
    """
    original = EventBridgePipesBackend.update_pipe

    def update_pipe(self: EventBridgePipesBackend, name: str, **changes: Any) -> Pipe:  # noqa: ANN401
        pipe = self.pipes.get(name)
        if pipe is not None:
            for member in ("source_parameters", "target_parameters"):
                old, new = getattr(pipe, member) or {}, changes.get(member)
                if new is not None:
                    joined = old | new
                    changes[member] = {name: value for name, value in joined.items() if value}
            _keep_starting_position(pipe.source_parameters or {}, changes["source_parameters"])
        return original(self, name=name, **changes)

    EventBridgePipesBackend.update_pipe = update_pipe  # type: ignore[assignment, method-assign]  # the correction has fewer types


def _keep_starting_position(old: dict[str, Any], new: dict[str, Any] | None) -> None:
    for stream in ("DynamoDBStreamParameters", "KinesisStreamParameters"):
        if new and stream in new and "StartingPosition" in old.get(stream, {}):
            new[stream] = {"StartingPosition": old[stream]["StartingPosition"]} | new[stream]


def _keep_stopped_pipes_stopped() -> None:
    """Give a pipe its desired state, and keep it.

    In the responses of moto's API, a stopped pipe starts again, and a pipe that was created as
    stopped runs. See AWS: EventBridge Pipes API, "DescribePipe", `CurrentState`.
    """
    original = Pipe.advance

    def advance(self: Pipe) -> None:
        if self.status in (PipeStatus.DELETING, PipeStatus.DELETED):
            original(self)
        elif self.status != FAILED:
            self.status = self.desired_state

    Pipe.advance = advance  # type: ignore[assignment, method-assign]  # the correction


def _ignore_statements_about_tls() -> None:
    """Ignore a statement of a bucket policy that denies only requests without TLS.

    moto ignores the condition and denies every request. The local API speaks plain HTTP on the
    loopback instead of AWS's HTTPS, so the statement must not apply to it.
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


def _refuse_buckets_of_another_owner() -> None:
    """Answer 403 if a request expects another owner of the bucket. moto does not check it."""
    original = S3Response.head_bucket

    def head_bucket(self: S3Response) -> Any:  # noqa: ANN401 - moto's own type
        answer = original(self)
        expected = self.headers.get("x-amz-expected-bucket-owner")
        if expected and answer[0] == 200:  # noqa: PLR2004 - HTTP's own number
            bucket = self.backend.head_bucket(self.bucket_name)
            if bucket.account_id != expected:
                return 403, {}, ""
        return answer

    S3Response.head_bucket = head_bucket  # type: ignore[method-assign]  # the correction


def _change_the_key_of_log_groups() -> None:
    """Allow to set and to remove the key of an existing log group. moto refuses both."""

    def associate_kms_key(self: LogsResponse) -> str:
        group = self.logs_backend.groups.get(self._get_param("logGroupName"))
        if group is None:
            raise NoSuchLogGroup
        group.kms_key_id = self._get_param("kmsKeyId")  # None removes the key
        return "{}"

    for operation in ("associate_kms_key", "disassociate_kms_key"):
        setattr(LogsResponse, operation, associate_kms_key)


def _wait_for_messages() -> None:
    """Let other requests have their turn while a long poll waits for a message."""
    add, receive = Queue.add_message, SQSBackend.receive_message

    def add_message(self: Queue, message: Message) -> None:
        with TURN:
            add(self, message)
            TURN.notify_all()

    def receive_message(
        self: SQSBackend,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> list[Message]:
        until = time.monotonic() + wait_seconds_timeout
        with TURN:
            while True:
                messages = receive(
                    self, queue_name, count, 0, visibility_timeout, message_attribute_names
                )
                left = until - time.monotonic()
                if messages or left <= 0:
                    return messages
                TURN.wait(min(left, VISIBLE_AGAIN_SECONDS))

    Queue.add_message = add_message  # type: ignore[method-assign]
    SQSBackend.receive_message = receive_message  # type: ignore[method-assign]


def _look_at_messages_fast() -> None:
    """Check the age of a message without counting the queue, and read the time without a calendar.

    The results are the same. moto counts the queue three times to check a message, and it makes
    two dates for each message that it counts. To receive 500 messages takes half of the processor
    time.
    """
    vars(moto.sqs.models)["unix_time_millis"] = lambda: time.time() * 1000

    def is_message_valid_based_on_retention_period(
        self: SQSBackend, queue_name: str, message: Message
    ) -> bool:
        kept_seconds: int = self.get_queue(queue_name).message_retention_period  # type: ignore[attr-defined]  # set by name
        return time.time() < kept_seconds + message.sent_timestamp / 1000  # type: ignore[operator]  # it was sent before

    SQSBackend.is_message_valid_based_on_retention_period = (  # type: ignore[method-assign]  # the correction
        is_message_valid_based_on_retention_period
    )
