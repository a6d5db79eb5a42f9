"""The concurrent Lambda runs that `verify --on-aws` takes of the account's.

See AWS: Lambda API, "GetAccountSettings"; "Lambda quotas".
"""

from typing import Any, Final

from momento_pipes.bulk_settings import VERIFY_CHILD_RATE

MOST_SHARE: Final = 0.8
"""The share of the unreserved runs up to which other functions keep enough."""


def unreserved_runs(functions: Any) -> int:  # noqa: ANN401 - a boto3 client
    """Return how many runs all functions without reserved ones may have at the same time.

    Raises:
        ClientError: AWS does not tell.

    """
    return int(functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"])


def refusal(runs: int, unreserved: int) -> str | None:
    """Return why a run may not call so many functions at the same time, or None.

    >>> refusal(10, 10)
    >>> refusal(11, 10)  # doctest: +ELLIPSIS
    'it calls its function up to 11 times at once, ... lower BULK_RATE to 1000 and run ...
    """
    if runs <= unreserved:
        return None
    lower = f"lower BULK_RATE to {VERIFY_CHILD_RATE * unreserved} and run ./help.sh deploy, or "
    return (
        f"it calls its function up to {runs} times at once, and the account has {unreserved}"
        " unreserved concurrent runs of Lambda, so Lambda would throttle this and other functions:"
        f" {lower if unreserved else ''}ask for more in Service Quotas (Lambda, Concurrent"
        " executions)"
    )


def advice(runs: int, unreserved: int) -> str | None:
    """Return what is wrong with a run that leaves too little for other functions, or None.

    >>> advice(8, 10)
    >>> advice(9, 10)
    'it takes up to 9 of the 10 unreserved concurrent runs of Lambda that the account has'
    """
    if runs <= unreserved * MOST_SHARE:
        return None
    return (
        f"it takes up to {runs} of the {unreserved} unreserved concurrent runs of Lambda that the"
        " account has"
    )
