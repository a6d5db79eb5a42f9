"""The commands of `./help.sh weather`."""

import sys
from contextlib import closing
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import track
from rich.table import Column, Table

from live.errors import LiveError
from live.momento.topic import Connected, Disconnected, Discontinuity, Message, TopicEvent
from live.output import AsJson, console, errors, print_json
from live.terminal import visible
from weather.clients import Clients
from weather.comparison import LocationComparison, LocationState, compare, judge
from weather.errors import WeatherError
from weather.records import WeatherRecord, random_record
from weather.settings import WeatherSettings
from weather.tour import tour as run_tour

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Write weather records to the table, and watch them reach the cache and the topic.",
    epilog="They go to the local cloud while one is up (./help.sh up), else to AWS (.env).",
)
COLOURS = {
    LocationState.IN_SYNC: "green",
    LocationState.STALE: "yellow",
    LocationState.MISSING: "yellow",
    LocationState.LEFT_OVER: "yellow",
    LocationState.ABSENT: "dim",
}

OPTIONS = {
    "Location": "LOCATION",
    "MaxTemp": "--max-temp",
    "MinTemp": "--min-temp",
    "ChancesOfPrecipitation": "--precipitation",
    "TTL": "--ttl",
}
"""The names of a record's attributes on the command line."""
Location = Annotated[str, typer.Argument(metavar="LOCATION", help="A city, say; the record's key.")]


@app.callback()
def choose(
    context: typer.Context,
    *,
    aws: Annotated[
        bool, typer.Option("--aws", help="AWS and Momento, even while a local cloud is up.")
    ] = False,
) -> None:
    """Remember the cloud; each command looks it up when it runs."""
    context.obj = aws


def _clients(context: typer.Context) -> Clients:
    settings = WeatherSettings.load(aws=context.obj)
    errors.print(f"[dim]on {_shown(settings.cloud)}[/]", soft_wrap=True)
    return Clients(settings)


@app.command(epilog="Example: ./help.sh weather put Oslo --max-temp 21 --min-temp 9 --ttl 600")
def put(
    context: typer.Context,
    location: Location,
    *,
    max_temp: Annotated[str, typer.Option(help="Degrees.")],
    min_temp: Annotated[str, typer.Option(help="Degrees, not above --max-temp.")],
    precipitation: Annotated[str, typer.Option(help="Percent, 0 to 100.")] = "0",
    ttl: Annotated[str, typer.Option(help="Seconds in the cache, 1 to 86400 by default.")] = "3600",
    as_json: AsJson = False,
) -> None:
    """Write a record. It replaces the location's record."""
    clients = _clients(context)
    record = WeatherRecord.parse(
        {
            "Location": location,
            "MaxTemp": max_temp,
            "MinTemp": min_temp,
            "ChancesOfPrecipitation": precipitation,
            "TTL": ttl,
        },
        called=OPTIONS,
        max_ttl=clients.settings.stack.max_ttl_seconds,
    )
    clients.table.put(record)
    if as_json:
        print_json(record.model_dump(mode="json", by_alias=True), indent=None)
    else:
        console.print(f"written: {_shown(_weather(record.shown()))} for {_shown(location)}")


@app.command(epilog="Example: ./help.sh weather random --count 20")
def random(
    context: typer.Context,
    *,
    count: Annotated[int, typer.Option(help="How many.", min=1, max=100_000)] = 1,
    as_json: AsJson = False,
) -> None:
    """Write random records with realistic values, for some cities."""
    table = _clients(context).table
    for _ in track(range(count), "writing", console=errors, disable=not errors.is_terminal):
        record = random_record()
        table.put(record)
        if as_json:
            print_json(record.model_dump(mode="json", by_alias=True), indent=None)
    if not as_json:
        console.print(f"written: {count} record{'s' if count > 1 else ''}")


@app.command(epilog="Example: ./help.sh weather get Oslo")
def get(context: typer.Context, location: Location, *, as_json: AsJson = False) -> None:
    """Show a location in the table and in the cache, side by side.

    The exit code is 1 if the location is not in the table and not in the cache.
    """
    clients = _clients(context)
    comparison = compare(location, clients.table, clients.cache, clients.ttl)
    if as_json:
        print_json(comparison.as_json(), indent=None)
    else:
        _print_comparisons([comparison])
    if comparison.state is LocationState.ABSENT:
        raise typer.Exit(1)


@app.command(epilog="Example: ./help.sh weather delete Oslo")
def delete(context: typer.Context, location: Location, *, as_json: AsJson = False) -> None:
    """Delete a location's record.

    The exit code is 1 if there is no such record.
    """
    deleted = _clients(context).table.delete(location)
    if as_json:
        print_json({"Location": location, "deleted": deleted}, indent=None)
    elif deleted:
        console.print(f"deleted: {_shown(location)}")
    else:
        raise WeatherError(f"there is no record of {location} in the table")
    if not deleted:
        raise typer.Exit(1)


@app.command("list", epilog="Example: ./help.sh weather list --json")
def list_records(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(help="The most records.", min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """List the table's records, each with the cache's value."""
    clients = _clients(context)
    records = clients.table.list(limit=limit + 1)
    more = len(records) > limit
    comparisons = [
        judge(record.location, record, clients.cache.get(record.location), clients.ttl)
        for record in records[:limit]
    ]
    if as_json:
        for comparison in comparisons:
            print_json(comparison.as_json(), indent=None)
    else:
        _print_comparisons(comparisons)
    if more:
        errors.print(f"[yellow]the table has more: add --limit {2 * limit}, say[/]")


@app.command(epilog="Example: ./help.sh weather watch")
def watch(
    context: typer.Context,
    *,
    count: Annotated[int | None, typer.Option(help="The most messages.", min=1)] = None,
    as_json: AsJson = False,
) -> None:
    """Show the topic's messages as they come, until Ctrl-C."""
    left = count
    for event in _clients(context).topic.watch():
        if as_json:
            print_json({"event": type(event).__name__.lower()} | asdict(event), indent=None)
        else:
            _print_event(event)
        if left is not None and isinstance(event, Message):
            left -= 1
            if not left:
                return


@app.command(epilog="Example: ./help.sh weather tour")
def tour(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Write a record and delete it, and see both arrive.

    The exit code is 1 if something does not arrive.
    """
    settings = _clients(context).settings
    columns = [Column(name, overflow="fold") for name in ("step", "expected", "seen", "ms")]
    table = Table(*columns, title="A record's life", title_justify="left")
    wrong = 0
    with closing(run_tour(settings)) as steps:
        for step in steps:
            wrong += not step.as_expected
            after = "" if step.milliseconds is None else f"{step.milliseconds:.0f}"
            mark = "[green]✓[/]" if step.as_expected else "[red]✗[/]"
            seen = "as expected" if step.as_expected else _shown(step.seen)
            table.add_row(step.name, _shown(step.expected), f"{mark} {seen}", after)
            if as_json:
                print_json(asdict(step), indent=None)
            else:
                errors.print(f"[dim]{'✓' if step.as_expected else '✗'} {step.name}[/]")
    if not as_json:
        console.print(table)
    if wrong:
        raise WeatherError(
            f"{wrong} of the steps did not end as expected: run ./help.sh doctor, which looks at"
            " the pipes and at the dead letters"
        )


def _print_comparisons(comparisons: list[LocationComparison]) -> None:
    table = Table(
        Column("location", overflow="fold"), "in the table", "in the cache", "TTL left", "state"
    )
    for comparison in comparisons:
        left = "" if comparison.cached is None else "not known"
        if comparison.seconds_left is not None:
            left = f"{comparison.seconds_left:.0f} s of {comparison.ttl}"
        table.add_row(
            _shown(comparison.location),
            _shown(_weather(comparison.record and comparison.record.shown())),
            _shown(_weather(comparison.cached)),
            left,
            f"[{COLOURS[comparison.state]}]{comparison.state}[/]",
        )
    console.print(table)


def _weather(values: Any) -> str:  # noqa: ANN401 - a mapping of texts, or none
    if values is None:
        return "nothing"
    if "unreadable" in values:
        return f"not JSON: {values['unreadable']}"
    rain = values["ChancesOfPrecipitation"]
    return f"{values['MaxTemp']}° / {values['MinTemp']}°, rain {rain} %"


def _print_event(event: TopicEvent) -> None:
    match event:
        case Connected():
            errors.print("[dim]listening to the topic; Ctrl-C ends it[/]")
        case Disconnected(problem=problem, seconds=seconds):
            errors.print(f"[yellow]{_shown(problem)}; trying again in {seconds:g} s[/]")
        case Discontinuity(sentence=sentence):
            errors.print(f"[yellow]a gap: {sentence}[/]")
        case Message(number=number, text=text, binary=binary):
            said = text if text is not None else f"bytes {binary}"
            console.print(f"[dim]{number}[/] {_shown(said)}", soft_wrap=True)


def _shown(text: str) -> str:
    """Return a text without markup and with visible control characters."""
    return escape(visible(text))


def main() -> int:
    """Run a command; print its errors, and return its exit code."""
    try:
        app(prog_name="./help.sh weather")
    except (WeatherError, LiveError) as error:
        print(
            "\n".join(f"error: {line}" for line in visible(str(error), lines=True).splitlines()),
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
