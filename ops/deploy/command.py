"""Deploy a stack: the command deploy.

A plan is made, or was saved; what it loses is shown, and it is applied as shown. If AWS was not
ready for a new pipe, the rest of the plan is applied again.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ops.deploy import first_deploy, former_key, watch_key
from ops.review import Plan, Review, review
from ops.shared.errors import HeldBackError, OpsError
from ops.shared.unused_options import refuse_unused
from ops.terraform import saved_plan
from ops.terraform.stack import Allow, AutoApprove, initialized, is_approved
from ops.terraform.terraform import Terraform, refuse_to_ask

QUESTION = (
    "\nDo you want to perform these actions?\n  Only 'yes' will be accepted to approve.\n\n"
    "  Enter a value: "
)


def command(
    *,
    context: typer.Context,
    auto_approve: AutoApprove = False,
    plan: Annotated[
        Path | None, typer.Option(help="Apply this saved plan, and nothing else.")
    ] = None,
    allow: Allow = None,
) -> None:
    """Show the plan and what it loses, ask, apply it; or apply a saved plan.

    Unless somebody is asked, a loss that is not allowed ends it with exit code 3.
    """
    if plan is not None:
        refuse_unused(
            context, {"auto_approve": "--plan applies the plan without asking; leave it out"}
        )
    try:
        if plan is None:
            refuse_to_ask(auto_approve=auto_approve)
            deploy(initialized(to_apply=True), allow=allow or (), asks=not auto_approve)
        else:
            deploy_saved(initialized(to_apply=True), plan, allow=allow or ())
    except HeldBackError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(saved_plan.BLOCKED) from None


def deploy(terraform: Terraform, *, allow: Sequence[str] = (), asks: bool = True) -> None:
    """Plan, show the plan and its losses, ask, and apply that plan.

    Where nobody is asked, each blocking loss has to be allowed by its token.

    Raises:
        HeldBackError: nobody is asked, and a loss is not allowed.
        OpsError: the answer was no, or a token does not belong to a loss of the plan.
        TerraformError: planning or applying failed.

    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan"
        terraform.quiet("plan", "-input=false", f"-out={file}")
        plan = saved_plan.read(file, lambda: terraform)
        terraform.show("show", str(file))
        reviewed = _print_losses(plan, allow)
        does_something = any(each.does_something for each in (*plan.changes, *plan.outputs))
        if not asks:
            _must_not_be_held_back(reviewed)
        elif does_something and not is_approved(QUESTION):
            raise OpsError("Apply cancelled. Nothing was changed")
        _apply(terraform, file, plan, reviewed)


def deploy_saved(terraform: Terraform, file: Path, *, allow: Sequence[str] = ()) -> None:
    """Apply a saved plan, unless it has a loss that is not allowed.

    Raises:
        HeldBackError: a loss is not allowed.
        OpsError: there is no such file, or a token does not belong to a loss of the plan.
        TerraformError: it is stale, or applying failed.

    """
    saved_plan.must_be_there(file)
    plan = saved_plan.read(file, lambda: terraform)
    reviewed = _print_losses(plan, allow)
    _must_not_be_held_back(reviewed)
    _apply(terraform, file, plan, reviewed)


def _apply(terraform: Terraform, file: Path, plan: Plan, reviewed: Review) -> None:
    first_deploy.apply(terraform, file, plan, reviewed)
    watch_key.put(terraform.folder)
    if former_key.is_in(plan.document):
        former_key.take_out(terraform)
        print(former_key.TAKEN_OUT)


def _print_losses(plan: Plan, allow: Sequence[str]) -> Review:
    reviewed = review(plan, allow=allow, limit=sys.maxsize)
    blocking = [loss for loss in reviewed.losses if loss.holds_back]
    allowed = [loss for loss in reviewed.losses if loss.blocks and loss.allowed]
    others = [loss for loss in reviewed.losses if not loss.blocks]
    for head, chosen in (
        ("This plan loses something:", blocking),
        ("These losses are allowed:", allowed),
        ("Mind:", others),
    ):
        if chosen:
            print(f"\n{head}")
        for loss in chosen:
            print(f"  {loss.token if loss.blocks else loss.address}")
            print(f"    {loss.text}. Instead: {loss.instead}.")
    sys.stdout.flush()  # Terraform writes next
    return reviewed


def _must_not_be_held_back(reviewed: Review) -> None:
    if reviewed.blocked:
        tokens = " ".join(f"--allow '{loss.token}'" for loss in reviewed.losses if loss.holds_back)
        raise HeldBackError(
            "the plan loses something that nobody has allowed, see above; nothing was changed."
            f" If it is meant: {tokens}"
        )
