"""What the doctor says of the function of `verify --on-aws`."""

from typing import Any

from botocore.exceptions import ClientError

from ops.doctor.bulk import examine
from ops.doctor.check import Check, CheckState
from ops.doctor.declared import Declared
from ops.doctor.existence import Existence

FUNCTION = {"function_name": "shop-bulk", "environment": {"variables": {"BULK_RATE": "25"}}}
DECLARED = Declared(
    {"resource": {"aws_lambda_function": {"bulk": FUNCTION, "a": {"function_name": "other"}}}}
)


class Functions:
    """AWS Lambda with one answer."""

    def __init__(self, **answer: str) -> None:
        self._answer = answer

    def get_function_configuration(self, **asked: Any) -> Any:
        """Answer, or say that there is no such function."""
        assert asked == {"FunctionName": "shop-bulk"}
        if not self._answer:
            raise ClientError(
                {"Error": {"Code": "ResourceNotFoundException", "Message": "no"}}, "GetFunction"
            )
        return self._answer


def check(existence: Existence, **answer: str) -> list[Check]:
    """Return the checks."""
    return [*examine(lambda _: Functions(**answer), DECLARED, existence), *existence.checks()]


def test_a_function_that_can_be_called_is_ok() -> None:
    for state in ("Active", "Inactive"):
        found = check(Existence(), State=state)
        assert [one.state for one in found] == [CheckState.OK]


def test_a_failed_function_is_a_failure() -> None:
    (found,) = check(Existence(), State="Failed", StateReason="the key is disabled")
    assert found.state is CheckState.FAILURE
    assert "shop-bulk is Failed (the key is disabled)" in found.found


def test_a_missing_function_is_a_failure() -> None:
    (found,) = check(Existence())
    assert found.state is CheckState.FAILURE
    assert "shop-bulk" in found.found
