"""Answer GetAccountSettings of Lambda, which moto does not know.

The account has 1,000 concurrent runs, AWS's default ("Lambda quotas"). Those that functions reserve
are not among the unreserved ones.

See AWS: Lambda API, "GetAccountSettings".
"""

import json
from typing import Final

from moto.awslambda import urls
from moto.awslambda.responses import LambdaResponse

RUNS: Final = 1_000


def apply() -> None:
    """Answer it in this process."""
    path = r"{0}/(?P<api_version>[^/]+)/account-settings/?$"
    urls.url_paths[path] = LambdaResponse.dispatch
    LambdaResponse.get_account_settings = _get_account_settings  # type: ignore[attr-defined]  # moto has none


def _get_account_settings(self: LambdaResponse) -> str:
    functions = [*self.backend.list_functions()]
    reserved = sum(int(function.reserved_concurrency or 0) for function in functions)
    return json.dumps(
        {
            "AccountLimit": {
                "ConcurrentExecutions": RUNS,
                "UnreservedConcurrentExecutions": RUNS - reserved,
            },
            "AccountUsage": {"FunctionCount": len(functions)},
        }
    )
