"""Apply a plan, and the rest of it again if AWS was not ready for a new pipe.

EventBridge tries the source and the dead-letter queue of a new pipe. Soon after their creation, and
that of the role, this can fail (terraform-provider-aws issue 40572, aws-cdk issue 31211,
momentohq/client-sdk-javascript pull request 1302). Minutes later the same pipe can be created.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

from ops.deploy.rest_of_plan import beyond
from ops.review import Plan, Review, review
from ops.shared.errors import HeldBackError, OpsError
from ops.terraform import saved_plan
from ops.terraform.stack import load_settings
from ops.terraform.terraform import Terraform, TerraformError

AGAIN: Final = 2
"""How often the rest of a plan is applied after such an error."""
SECONDS_VARIABLE: Final = "TF_VAR_iam_settle_seconds"
_ERRORS: Final = {
    "Cannot access stream": "EventBridge cannot read the table's stream yet: the stream or the"
    " role's policy is new",
    "Error occurred while sending message to SQS queue": "EventBridge cannot send to the"
    " dead-letter queue yet: the queue or the role's policy is new",
}


def apply(terraform: Terraform, file: Path, plan: Plan, reviewed: Review) -> None:
    """Apply a reviewed plan; after an error of a first deploy, apply the rest of it again.

    The saved plan is used up then. So a new plan is made, and it must be nothing but the rest.

    Raises:
        HeldBackError: the rest of the plan has a loss that the plan has not.
        OpsError: the new plan does something that the reviewed plan does not.
        TerraformError: applying failed for another reason, or too often.

    """
    accepted = {(loss.address, loss.name) for loss in reviewed.losses}
    with tempfile.TemporaryDirectory() as folder:
        for again in range(1, AGAIN + 2):
            try:
                saved_plan.apply(terraform, file)
            except TerraformError as error:
                said = reasons(error.printed)
                if not said or again > AGAIN:
                    raise
            else:
                return
            wait(said, again)
            file = Path(folder) / f"rest-{again}"
            terraform.quiet("plan", "-input=false", f"-out={file}")
            must_be_the_rest(plan, saved_plan.read(file, lambda: terraform), accepted)


def reasons(printed: str) -> list[str]:
    """Return what happened, if Terraform printed only such errors; else nothing."""
    flat = re.sub(r"[\s│╵╷]+", " ", printed)
    sentences: list[str] = []
    for error in re.split(r"(?:^| )Error: ", flat)[1:]:
        said = next((said for text, said in _ERRORS.items() if text in error), None)
        if said is None:
            return []
        sentences.append(said)
    return list(dict.fromkeys(sentences))


def must_be_the_rest(plan: Plan, rest: Plan, accepted: AbstractSet[tuple[str, str]]) -> None:
    """Raise unless a plan is the rest of a reviewed plan; `accepted` are the losses of that plan.

    Raises:
        HeldBackError: it has a loss, ADDRESS and NAME, that is not accepted.
        OpsError: it does something else.

    """
    if others := beyond(plan, rest):
        raise OpsError(
            "the rest of the plan would now do something else than what was reviewed, at"
            f" {', '.join(others)}: make a new plan, and have it reviewed"
        )
    for loss in review(rest, limit=sys.maxsize).losses:
        if loss.blocks and (loss.address, loss.name) not in accepted:
            raise HeldBackError(
                f"the rest of the plan loses something that the plan did not lose: {loss.token}"
            )


def wait(said: Sequence[str], again: int) -> None:
    """Print what happened, and wait as long as after the creation of a role."""
    given = os.environ.get(SECONDS_VARIABLE, "")
    pause = int(given) if given.isdecimal() else load_settings().iam_settle_seconds
    print()
    for reason in said:
        print(f"{reason}.")
    print(
        "A pipe whose creation failed has read nothing, so nothing is lost. In"
        f" {pause} seconds the rest of the plan is applied (try {again} of {AGAIN}).",
        flush=True,
    )
    time.sleep(pause)
