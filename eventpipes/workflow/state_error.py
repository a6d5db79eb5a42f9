"""The error of a state, as Step Functions names it."""

RUNTIME = "States.Runtime"
QUERY_EVALUATION_ERROR = "States.QueryEvaluationError"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
TIMEOUT = "States.Timeout"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
SOCKET = "States.Http.Socket"


class StateError(Exception):
    """A state failed. Retry and Catch compare the name in `error`."""

    def __init__(self, error: str, cause: str = "") -> None:
        self.error = error
        self.cause = cause
        super().__init__(f"{error}: {cause}" if cause else error)


class TimedOut(Exception):  # noqa: N818 - the status of the execution
    """The execution took too long."""
