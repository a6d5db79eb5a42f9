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

    def __init__(self, unreserved: int | None = 1_000, **answer: str) -> None:
        self._unreserved = unreserved
        self._answer = answer

    def get_account_settings(self) -> Any:
        """Answer, or refuse to."""
        if self._unreserved is None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Get")
        return {"AccountLimit": {"UnreservedConcurrentExecutions": self._unreserved}}

    def get_function_configuration(self, **asked: Any) -> Any:
        """Answer, or say that there is no such function."""
        assert asked == {"FunctionName": "shop-bulk"}
        if not self._answer:
            raise ClientError(
                {"Error": {"Code": "ResourceNotFoundException", "Message": "no"}}, "GetFunction"
            )
        return self._answer


def check(existence: Existence, unreserved: int | None = 1_000, **answer: str) -> list[Check]:
    """Return the checks."""
    functions = Functions(unreserved, **answer)
    return [*examine(lambda _: functions, DECLARED, existence, runs=10), *existence.checks()]


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


def test_the_accounts_limit_of_runs_is_compared() -> None:
    for unreserved, said in (
        (13, None),
        (10, "it takes up to 10 of the 10 unreserved concurrent runs"),
        (9, "lower BULK_RATE to 900 and run ./help.sh deploy"),
        (None, "cannot be read"),
    ):
        found = check(Existence(), unreserved, State="Active")
        assert [one.state for one in found] == [CheckState.OK, *[CheckState.WARNING] * bool(said)]
        assert (said or "") in found[-1].found
