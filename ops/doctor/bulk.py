"""Checks of what BULK adds besides state machines and the secret: its function."""

from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from ops.doctor.aws import Client
from ops.doctor.check import Check, failure, ok, warning
from ops.doctor.declared import Declared
from ops.doctor.existence import Existence
from ops.shared.bulk.lambda_runs import advice, refusal, unreserved_runs


def examine(
    client: Client, declared: Declared, existence: Existence, *, runs: int
) -> Iterator[Check]:
    """Yield whether the functions of `verify --on-aws` are there and can be called.

    A run calls one of them up to `runs` times at once, which the account's limit must allow. The
    state machines are checked with all others, and the secret with its value, too.
    """
    active = []
    names = [
        function["function_name"]
        for function in declared.all("aws_lambda_function")
        if "BULK_RATE" in function.get("environment", {}).get("variables", {})
    ]
    ask = client("lambda").get_function_configuration
    for name, answer in existence.each("function", names, ask, "FunctionName"):
        state = answer.get("State", "Active")
        if state in ("Active", "Inactive"):  # an idle one becomes Inactive, and a call wakes it
            active.append(name)
        else:
            yield failure(
                "bulk",
                f"{name} is {state} ({answer.get('StateReason', 'AWS gives no reason')}), so"
                " ./help.sh verify --on-aws fails: run ./help.sh deploy",
            )
    if active:
        yield ok("bulk", f"{', '.join(active)} can be called")
        yield from _limit(client, runs)


def _limit(client: Client, runs: int) -> Iterator[Check]:
    try:
        unreserved = unreserved_runs(client("lambda"))
    except (BotoCoreError, ClientError) as error:
        yield warning("bulk", f"the limit of concurrent Lambda runs cannot be read: {error}")
        return
    if problem := refusal(runs, unreserved) or advice(runs, unreserved):
        yield warning("bulk", f"verify --on-aws: {problem}")
