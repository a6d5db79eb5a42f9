"""The commands print a summary, JSON for scripts, and an exit code that tells what is left."""

import json
import signal

import pytest
from starlette.responses import Response

from live.redrive.replay_results import WORST_FIRST
from tests.localcloud.arrivals import until
from tests.ops.conftest import Answer
from tests.ops.shared.repair.repair_cloud import GONE_SHARD, PUT, RepairCloud

pytestmark = pytest.mark.slow


def test_redrive_prints_a_table_and_what_needs_a_look(cloud: RepairCloud, answer: Answer) -> None:
    cloud.weather.put("Oslo")
    cloud.give_up(PUT)
    cloud.weather.put("Atlantis", ttl=0)
    cloud.give_up(PUT)
    code, said, problems = answer("redrive")
    assert (code, problems) == (1, "")
    heading, row, total, line = said.splitlines()
    assert heading.split() == [str(one) for one in WORST_FIRST[::-1]]
    assert row.split() == [PUT, *"100010"]
    assert total.split() == ["all", *"100010"]
    assert line.startswith(f"refused: {PUT} Atlantis (record ")
    assert answer("redrive", "--json", "--max=1", "--dry-run")[0] == 1
    cloud.left()
    code, said, _ = answer("redrive")
    assert code == 1, "a letter in another run's hands is not settled"
    assert said.startswith("No other dead letter waits.\n1 more: held by another run, ")
    assert json.loads(answer("redrive", "--json")[1])["complete"] is False


def test_a_first_interrupt_ends_it_in_order(cloud: RepairCloud) -> None:
    """The summary so far is printed; what was sent is deleted, the rest waits."""
    for number in range(100):
        cloud.weather.put(f"city {number}")
    records = cloud.weather.records()
    cloud.send(*(json.dumps(cloud.letter(PUT, record)) for record in records))
    with cloud.command("redrive", "--json") as process:
        until(lambda: cloud.arrivals)
        process.send_signal(signal.SIGINT)
        said, problems = process.communicate(timeout=300)
    assert "finishing what is under way" in problems
    assert "Traceback" not in problems
    assert process.returncode == 1
    summary = json.loads(said)
    assert summary["interrupted"]
    assert 0 < summary["sent"] == len(cloud.cache()) < 100
    assert cloud.waiting() == (100 - summary["sent"], 0)


def test_warm_then_verify(cloud: RepairCloud, answer: Answer) -> None:
    cloud.weather.put("Oslo")
    code, said, _ = answer("verify", "--settle=0.1", "--json")
    assert code == 1
    assert json.loads(said)["missing"] == 1
    assert answer("warm", "--segments=2", "--rate=50")[0] == 0
    code, said, _ = answer("verify", "--settle=0.1")
    assert code == 0
    assert said.splitlines()[1].split() == ["keys", *"1000000"]
    assert cloud.cache() == cloud.table()


@pytest.mark.parametrize("command", ["redrive", "warm", "verify"])
def test_a_wrong_key_is_an_error_with_a_next_step(
    cloud: RepairCloud, answer: Answer, command: str
) -> None:
    async def refuse(_: object) -> Response:
        return Response(status_code=401)

    cloud.weather.put("Oslo")
    cloud.give_up(PUT)
    cloud.momento.service.interfere = refuse
    code, said, problems = answer(command)
    assert code == 1
    assert said, "the summary so far"
    assert problems.startswith("error: Momento answers HTTP 401 to ")
    assert "run ./help.sh deploy" in problems


@pytest.mark.parametrize("command", ["warm", "verify"])
def test_a_pipeline_without_cache_put_is_an_error(
    cloud: RepairCloud, answer: Answer, command: str
) -> None:
    cloud.weather.pipes.delete_pipe(Name=PUT)
    code, said, problems = answer(command, "--pipeline=weather-stats-demo")
    assert (code, said) == (1, "")
    assert problems.startswith("error: the pipeline weather-stats-demo has no cache-put, only ")


@pytest.mark.usefixtures("cloud")
def test_an_unknown_pipeline_is_an_error(answer: Answer) -> None:
    code, said, problems = answer("redrive", "--pipeline=orders")
    assert (code, said) == (1, "")
    assert problems == "error: there is no pipeline 'orders'; there are weather-stats-demo\n"


STRANGE = [
    "plain text",
    "[" * 100_000,
    "A" * 200_000,
    '{"Type":"Notification","Message":"{}"}',
    '{"context":"x","DDBStreamBatchInfo":7}',
    "\x1b[2Jescape".replace("\x1b", "\\u001b"),
    "AAECAwT/",
]


def test_another_message_is_reported_and_kept(cloud: RepairCloud, answer: Answer) -> None:
    """Among them deeply nested JSON, and a place that boto3 refuses to ask for."""
    cloud.weather.put("Oslo")
    far = {"approximateArrivalOfFirstRecord": "0001-01-01T00:00:00Z", "shardId": GONE_SHARD}
    bad = [json.dumps(cloud.letter(PUT, shardId="short")), json.dumps(cloud.letter(PUT, **far))]
    cloud.send(*STRANGE, *bad)
    cloud.give_up(PUT)
    code, said, problems = answer("redrive")
    assert (code, problems) == (1, "")
    assert said.count("it is not a dead letter of a DynamoDB stream's pipe") == 2
    assert said.count("CreatePipe may leave one") == len(STRANGE) - 1
    assert said.count("the record has left the stream") == 1
    assert cloud.cache() == cloud.table(), "the good letter is settled all the same"
    assert cloud.waiting()[0] == len(STRANGE) + 2


def test_extreme_numbers_in_an_item_end_nothing(cloud: RepairCloud, answer: Answer) -> None:
    """They are at the bounds that DynamoDB's "Supported data types" names."""
    for number in ("9" * 38, "1E-130", "9.99E+125"):
        cloud.weather.put(f"Oslo {number}", MaxTemp=number)
        cloud.give_up(PUT)
    done = answer("verify", "--settle=0.1", "--wait=1", "--repair")
    assert done[0] == 0, done
    assert answer("warm")[0] == 0
    assert answer("redrive")[0] == 0
    assert cloud.cache() == cloud.table()
    assert len(cloud.table()) == 3
