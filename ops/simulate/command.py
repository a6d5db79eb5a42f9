"""Show what the pipes would send: the command simulate."""

from typing import Annotated

import typer

from live.output import AsJson, console, print_json
from ops.shared.record_file import EventName, event_name, read_records
from ops.shared.unused_options import refuse_unused
from ops.simulate.item_file import record_of
from ops.simulate.simulation import as_json as json_of
from ops.simulate.simulation import simulate
from ops.terraform.stack import load_settings
from ops.terraform.terraform import environment, synthesize


def command(
    *,
    context: typer.Context,
    events: Annotated[
        str | None, typer.Argument(help="A file of stream records, or - for stdin.")
    ] = None,
    item: Annotated[
        str | None,
        typer.Option(help="A file with one item, plain or DynamoDB JSON, instead of records."),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(help="What happens to the item: INSERT (default), MODIFY or REMOVE."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what each pipe would do with these records: the request, or why there is none."""
    if (events is None) == (item is None):
        raise typer.BadParameter("give a file of records, or --item with a file of one item")
    if item is None:
        refuse_unused(context, {"event": "a record says its own (eventName); it is for an --item"})
    change = event_name(event) if event is not None else EventName.INSERT
    settings = load_settings()
    folder = synthesize(settings.stack, environment(settings), quiet=True)
    synthesized = folder / "cdk.tf.json"
    if item is None:
        records = read_records(str(events))
    else:
        made = record_of(item, change, synthesized)
        records = [made.record]
        for sentence in () if as_json else made.assumed:
            console.print(f"assumed: {sentence}", soft_wrap=True, markup=False)
    if as_json:
        print_json(json_of(records, synthesized))
        return
    simulate(records, synthesized, console, max_ttl_seconds=settings.max_ttl_seconds)
