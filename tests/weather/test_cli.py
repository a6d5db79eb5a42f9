"""The commands of `./help.sh weather`: what they print, and their exit codes."""

import threading
from collections.abc import Callable, Iterator

import pytest
from botocore.config import Config

import live.aws
from tests.localcloud.arrivals import until, unused_port
from tests.running_weather import RunningWeather
from tests.weather.conftest import Commands, work_on
from tests.weather.test_tour import ignore
from weather import cli
from weather.comparison import LocationState, compare
from weather.records import random_record, refused_record
from weather.settings import WeatherSettings

COMMANDS = ["put", "random", "get", "delete", "list", "watch", "tour"]
WEATHER = ("--max-temp", "21.50", "--min-temp", "9", "--precipitation", "40", "--ttl", "600")
MARKUP = ["[red]x[/]", "<script>", "[/]", "[link=http://x]y", ":smile:"]


def in_sync(running: RunningWeather, location: str) -> None:
    """Write a record, and wait until the cache has it, and not one from before."""
    running.table.put(random_record(location))
    until(lambda: compare(location, running.table, running.cache).state is LocationState.IN_SYNC)


def test_put_writes_a_record(run: Commands, running: RunningWeather) -> None:
    assert run("put", "Oslo", *WEATHER) == 0
    assert run.out == "written: 21.5° / 9°, rain 40 % for Oslo\n"
    assert run.err == f"on {running.settings.cloud}\n"
    record = running.table.get("Oslo")
    assert record
    assert (str(record.max_temp), record.ttl) == ("21.5", 600)


def test_put_prints_the_record_for_scripts(run: Commands) -> None:
    assert run("put", "Zürich", *WEATHER, "--json") == 0
    (record,) = run.json
    assert record.items() >= {"Location": "Zürich", "MaxTemp": "21.5", "TTL": 600}.items()


def test_put_has_an_error_for_each_bad_value(run: Commands, running: RunningWeather) -> None:
    assert run("put", 'a"b', "--max-temp", "x", "--min-temp", "9", "--ttl", "0") == 1
    names = ["error: LOCATION", "error: --max-temp:", "error: --ttl:"]
    assert [line[: len(name)] for line, name in zip(run.errors, names, strict=True)] == names
    assert run.errors[2].endswith("; found '0'")
    assert running.table.get('a"b') is None
    assert run("put", "Oslo", "--max-temp", "3", "--min-temp", "9") == 1
    assert run.errors == ["error: --min-temp 9 is above --max-temp 3"]


def test_get_shows_table_and_cache_side_by_side(run: Commands, running: RunningWeather) -> None:
    in_sync(running, "Lima")
    assert run("get", "Lima") == 0
    for part in ("Lima", "in the table", "in the cache", "in sync", " s of "):
        assert part in run.out
    assert run("get", "Lima", "--json") == 0
    (found,) = run.json
    assert (found["location"], found["state"]) == ("Lima", "in sync")
    assert found["table"]["MaxTemp"] == found["cache"]["MaxTemp"]
    assert 0 < found["seconds_left"] <= found["table"]["TTL"]


def test_get_reckons_with_a_ttl_that_all_items_have(
    run: Commands, running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_sync(running, "Athens")
    work_on(running.with_settings(CACHE_TTL_SECONDS="4000").settings, monkeypatch)
    assert run("get", "Athens") == 0
    assert " s of 4000" in run.out
    assert run("list") == 0
    assert " s of 4000" in run.out


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_get_of_nothing_fails(run: Commands, option: list[str]) -> None:
    assert run("get", "nowhere", *option) == 1
    assert "absent" in run.out
    assert run.errors == []


def test_delete_deletes_a_record_once(run: Commands, running: RunningWeather) -> None:
    running.table.put(random_record("Dakar"))
    assert run("delete", "Dakar") == 0
    assert run.out == "deleted: Dakar\n"
    assert running.table.get("Dakar") is None
    assert run("delete", "Dakar") == 1
    assert run.errors == ["error: there is no record of Dakar in the table"]
    assert run("delete", "Dakar", "--json") == 1
    assert run.json == [{"Location": "Dakar", "deleted": False}]


def test_random_writes_as_many_as_asked_for(run: Commands, running: RunningWeather) -> None:
    assert run("random", "--count", "3", "--json") == 0
    assert len(run.json) == 3
    assert all(running.table.get(record["Location"]) for record in run.json)
    assert run("random") == 0
    assert run.out == "written: 1 record\n"
    assert run("random", "--count", "2") == 0
    assert run.out == "written: 2 records\n"


def test_list_shows_each_record_with_its_state(run: Commands, running: RunningWeather) -> None:
    in_sync(running, "Quito")
    running.table.put(refused_record())
    assert run("list", "--json") == 0
    states = {found["location"]: found["state"] for found in run.json}
    assert states["Quito"] == "in sync"
    assert states["Atlantis"] == "missing"
    assert list(states) == sorted(states)
    assert run("list") == 0
    assert all(location in run.out for location in states)
    assert run.errors == []
    for options in ([], ["--json"]):
        assert run("list", "--limit", "1", *options) == 0
        assert run.errors == ["the table has more: add --limit 2, say"]
    assert len(run.json) == 1
    assert run("list", "--limit", str(len(states))) == 0
    assert run.errors == []


@pytest.fixture
def writer(running: RunningWeather) -> Iterator[Callable[[], None]]:
    """Return what writes records from the moment that somebody listens to the topic."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.wait(0.05):
            if running.polls():
                number += 1
                running.cloud.weather.put(f"[bold]{number}[/]")

    thread = threading.Thread(target=write)
    yield thread.start
    stop.set()
    thread.join()


def test_watch_shows_messages_until_there_are_enough(
    run: Commands, running: RunningWeather, writer: Callable[[], None]
) -> None:
    running.settle()  # whose messages would be among them
    writer()
    assert run("watch", "--count", "2") == 0
    assert run.errors == ["listening to the topic; Ctrl-C ends it"]
    lines = run.out.splitlines()
    assert len(lines) == 2
    assert all('"EventType":"INSERT","Location":"[bold]' in line for line in lines)
    assert run("watch", "--count", "1", "--json") == 0
    assert [event["event"] for event in run.json] == ["connected", "message"]


def test_the_tour_shows_each_step(run: Commands) -> None:
    assert run("tour") == 0
    assert run.out.count("✓ as expected") == 6
    assert run("tour", "--json") == 0
    assert len(run.json) == 6
    assert all(step["as_expected"] for step in run.json)


def test_a_tour_with_an_unexpected_step_fails(
    run: Commands, running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Momento takes the requests, and does nothing."""
    ignore(running, monkeypatch, "PUT", "POST")
    assert run("tour") == 1
    assert run.out.count("✗ nothing within 120 s") == 2
    assert run.out.count("✗ nothing") == 3
    assert run.errors[-1] == (
        "error: 3 of the steps did not end as expected: run ./help.sh doctor, which looks at the"
        " pipes and at the dead letters"
    )


@pytest.mark.parametrize("location", MARKUP)
def test_what_looks_like_markup_is_text(
    run: Commands, running: RunningWeather, location: str
) -> None:
    cache = running.cache
    assert run("put", *WEATHER, "--", location) == 0
    assert run.out == f"written: 21.5° / 9°, rain 40 % for {location}\n"
    until(lambda: cache.get(location))
    assert run("get", location) == 0
    assert location in run.out
    assert run("delete", location) == 0
    assert run.out == f"deleted: {location}\n"
    assert run("delete", location) == 1
    assert run.errors == [f"error: there is no record of {location} in the table"]


def test_a_long_location_is_shown_to_its_end(run: Commands) -> None:
    name = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch, in Wales" * 3
    assert run("get", name) == 1
    cells = [line.split("│")[1].strip() for line in run.out.splitlines() if "│" in line]
    assert "".join(cells).replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["get", "Bod\udcf8"], "the location is not text: it holds half of a character"),
        (["delete", "Bod\udcf8"], "the location is not text: it holds half of a character"),
        (["put", "Bod\udcf8", *WEATHER], "LOCATION: Input should be a valid string"),
        (["get", ""], "AWS answered: "),
    ],
)
def test_a_bad_location_is_one_error(run: Commands, words: list[str], says: str) -> None:
    assert run(*words) == 1
    (line,) = run.errors
    assert line.startswith(f"error: {says}")


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["get"],
        ["put", "Oslo"],
        ["random", "--count", "0"],
        ["random", "--count", "x"],
        ["list", "--limit", "0"],
        ["watch", "--count", "-1"],
    ],
)
def test_a_wrong_command_line_is_explained(run: Commands, words: list[str]) -> None:
    assert run(*words) == 2
    assert "Usage: ./help.sh weather" in run.err
    assert run.out == ""


@pytest.mark.parametrize("command", [["get", "x"], ["list"], ["watch"]])
def test_a_missing_cache_is_one_error(
    run: Commands, running: RunningWeather, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    running.table.put(random_record("Oslo"))
    work_on(running.with_settings(MOMENTO_CACHE_NAME="nowhere").settings, monkeypatch)
    assert run(*command) == 1
    (line,) = [line for line in run.errors if not line.endswith("…")]
    assert line.startswith("error: Momento answers HTTP 404")
    assert "/cache/nowhere; there is no such cache: create it with ./help.sh cache" in line


@pytest.mark.parametrize("command", [["get", "x"], ["list"], ["random"], ["put", "x", *WEATHER]])
def test_an_unreachable_aws_is_one_error(
    run: Commands, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    endpoint = f"http://127.0.0.1:{unused_port()}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setattr(live.aws, "CONFIG", Config(retries={"total_max_attempts": 2}))
    assert run(*command) == 1
    (line,) = run.errors
    assert line.startswith(f"error: nothing answers at {endpoint}: is it still up (./help.sh up)?")


def test_ctrl_c_ends_a_command(run: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_clients", interrupted)
    assert run("watch") == 130
    assert run.out == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(run: Commands, command: str) -> None:
    assert run(command, "--help") == 0
    assert f"Example: ./help.sh weather {command}" in " ".join(run.out.split())


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_without_a_command_there_is_help(run: Commands, words: list[str]) -> None:
    run(*words)
    assert all(command in run.out + run.err for command in COMMANDS)


def test_aws_may_be_asked_for(run: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def load(*, aws: bool = False) -> WeatherSettings:
        asked.append(aws)
        raise KeyboardInterrupt

    monkeypatch.setattr(WeatherSettings, "load", load)
    run("list")
    run("--aws", "list")
    assert asked == [False, True]
