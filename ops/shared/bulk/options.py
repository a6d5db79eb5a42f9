"""The options of `warm` and `verify` for runs on AWS, and which of them go together."""

from typing import Annotated, Final

import typer

from ops.shared.unused_options import refuse_unused

OnAws = Annotated[
    bool, typer.Option("--on-aws", help="Run on Step Functions, for large tables (BULK=true).")
]
Yes = Annotated[bool, typer.Option("--yes", help="With --on-aws: start without asking.")]
Estimate = Annotated[
    bool,
    typer.Option(
        "--estimate",
        help="With --on-aws: only print duration and cost for 10 thousand to 1 billion items.",
    ),
]
ONLY_PRINTS: Final = "--estimate only prints what runs over tables of several sizes take"
NOT_FOR_ESTIMATES: Final = dict.fromkeys(
    ("pipeline", "segments", "resume", "yes", "sample", "repair", "settle", "wait", "aws"),
    ONLY_PRINTS,
)
NOT_ON_AWS: Final = {
    "rate": "set BULK_RATE in .env and run ./help.sh deploy; with --estimate, --rate has an effect",
    "segments": "a run on AWS has segments for the size of the table; leave it out",
    "sample": "--on-aws compares all items; leave it out",
    "settle": "on AWS, a difference counts after 2 seconds; leave it out",
    "wait": "--on-aws does not look again at repaired keys; run ./help.sh verify --on-aws again",
}
ONLY_ON_AWS: Final = dict.fromkeys(("estimate", "yes"), "add --on-aws, or leave it out")
RESUMES_ON_AWS: Final = {"yes": "--resume does not ask; leave it out"}
NOT_RESUMED: Final = {"segments": "--resume uses the segments of the first run; leave it out"}


def refuse_unused_bulk(
    context: typer.Context, *, on_aws: bool, estimate: bool, resume: bool
) -> None:
    """Refuse what has no effect on the machine where a run, or an estimate, is asked for.

    Raises:
        typer.BadParameter: an option would have no effect.

    """
    if not on_aws:
        refuse_unused(context, ONLY_ON_AWS)
        if resume:
            refuse_unused(context, NOT_RESUMED)
    elif estimate:
        refuse_unused(context, NOT_FOR_ESTIMATES)
    else:
        refuse_unused(context, NOT_ON_AWS)
        if resume:
            refuse_unused(context, RESUMES_ON_AWS)
