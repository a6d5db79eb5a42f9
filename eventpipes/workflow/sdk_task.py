"""Tasks that call AWS: a scan of DynamoDB, an Express workflow, a Lambda function.

See AWS: "Learning to use AWS service SDK integrations in Step Functions", "Invoke an AWS Lambda
function with Step Functions".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eventpipes.workflow.expression import Scope
from eventpipes.workflow.fields import Fields
from eventpipes.workflow.payload import Payload
from eventpipes.workflow.state_error import RUNTIME, StateError

SCAN: Final = "arn:aws:states:::aws-sdk:dynamodb:scan"
START_SYNC_EXECUTION: Final = "arn:aws:states:::aws-sdk:sfn:startSyncExecution"
INVOKE: Final = "arn:aws:states:::lambda:invoke"
MAX_SECONDS: Final = {SCAN: 60, START_SYNC_EXECUTION: 60, INVOKE: 900}
"""How long a call may take. AWS does not document it for SDK integrations."""
_REQUIRED: Final = {
    SCAN: ("TableName",),
    START_SYNC_EXECUTION: ("StateMachineArn", "Input"),
    INVOKE: ("FunctionName",),
}


@dataclass(frozen=True, kw_only=True)
class SdkTask:
    """The arguments of a task that calls AWS. Names are written as `TableName`."""

    arn: str
    arguments: Payload

    @property
    def resource(self) -> tuple[str, str]:
        """The type and the resource in the history, such as `aws-sdk:dynamodb` and `scan`."""
        type_, _, action = self.arn.removeprefix("arn:aws:states:::").rpartition(":")
        return type_, action

    @property
    def max_seconds(self) -> int:
        """How long a call may take."""
        return MAX_SECONDS[self.arn]

    @classmethod
    def parse(cls, arn: str, state: Fields) -> "SdkTask":
        """Take the arguments of a state; raise InvalidDefinition."""
        return cls(arn=arn, arguments=Payload.take(state, "Arguments"))

    def call(self, scope: Scope) -> Mapping[str, Any]:
        """Return the arguments of the call.

        Raises:
            StateError: an expression fails, or an argument is missing.

        """
        arguments = self.arguments.evaluate(scope)
        if not isinstance(arguments, Mapping):
            raise StateError(RUNTIME, f"Arguments is not an object, but {arguments!r:.80}")
        for name in _REQUIRED[self.arn]:
            if name not in arguments:
                raise StateError(RUNTIME, f"the arguments of {self.arn} have no {name}")
        return arguments
