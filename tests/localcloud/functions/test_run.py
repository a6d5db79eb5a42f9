"""The processes of Lambda functions: they stay between two runs, and are replaced at need."""

import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.functions import code as function_code
from localcloud.functions import run as function_run
from localcloud.functions.run import Endpoints, FunctionRun, Functions
from tests.localcloud.arrivals import until

ARN = "arn:aws:lambda:us-east-1:123456789012:function:one"
CODE = """
import os, sys, time
calls = 0
def handle(event, context):
    global calls
    calls += 1
    print("call", calls)
    if event == "raise":
        raise ValueError("no")
    if event == "exit":
        os._exit(3)
    if event == "wait":
        time.sleep(600)
    if isinstance(event, dict):
        open(event["here"], "w").close()
        while not os.path.exists(event["until"]):
            time.sleep(0.01)
    return [os.getpid(), calls, event, sys.stdin.read()]
"""


class Deployed:
    """The AWS API with one function."""

    def __init__(self) -> None:
        self.definition: dict[str, Any] = {
            "FunctionName": "one",
            "Handler": "handler.handle",
            "Timeout": 30,
            "Role": "role",
            "CodeSha256": "1",
        }
        self.metrics: list[float] = []
        self.logged: list[str] = []

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - AWS's
        """Return the definition."""
        assert FunctionName == "one"
        return dict(self.definition)

    def assume_role(self, **_: str) -> dict[str, Any]:
        """Return credentials."""
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        return {"Credentials": dict.fromkeys(names, "x")}

    def put_metric_data(self, MetricData: Any, **_: str) -> None:  # noqa: N803 - AWS's
        """Keep the number of errors."""
        self.metrics.append(MetricData[1]["Value"])


@pytest.fixture
def deployed() -> Deployed:
    return Deployed()


@pytest.fixture
def functions(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    """Return functions whose processes end with the test."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("handler.py", CODE)
    monkeypatch.setattr(function_code, "fetch", lambda *_: file.getvalue())
    log: Any = SimpleNamespace(put=lambda entry: deployed.logged.append(entry.message))
    made = Functions(lambda _: deployed, log, Endpoints("http://nowhere", "us-east-1", None))
    yield made
    made.close()


def processes(functions: Functions) -> list[int]:
    """Return the ids of the processes, of free and of busy ones."""
    free = [environment for _, environment in functions._idle]  # noqa: SLF001 - nothing else tells
    return [one._process.pid for one in (*free, *functions._busy)]  # noqa: SLF001


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_is_used_again_and_keeps_its_module(
    functions: Functions, deployed: Deployed
) -> None:
    first, second = (functions.run(ARN, f'"{event}"') for event in "ab")
    assert first.answer[0] == second.answer[0] == processes(functions)[0]
    assert (first.answer[1:], second.answer[1:]) == ([1, "a", ""], [2, "b", ""])
    assert (first.output, second.output) == ("call 1\n", "call 2\n")
    assert deployed.logged == ["call 1", "call 2"]


def test_a_process_outlives_an_exception_of_the_handler(
    functions: Functions, deployed: Deployed
) -> None:
    failed = functions.run(ARN, '"raise"')
    assert not failed.succeeded
    assert failed.output.endswith("ValueError: no\n")
    after = functions.run(ARN, '"a"')
    assert after.answer[1] == 2
    assert deployed.metrics == [1, 0]


@pytest.mark.parametrize(("event", "said"), [("exit", ""), ("wait", "timed out after 1 seconds")])
def test_a_process_that_dies_or_takes_too_long_is_replaced(
    functions: Functions, deployed: Deployed, event: str, said: str
) -> None:
    deployed.definition["Timeout"] = 1 if said else 30
    failed = functions.run(ARN, f'"{event}"')
    assert not failed.succeeded
    assert said in failed.output
    assert processes(functions) == []
    deployed.definition["Timeout"] = 30
    assert functions.run(ARN, '"a"').answer[1] == 1


def test_a_changed_function_gets_a_new_process(functions: Functions, deployed: Deployed) -> None:
    first = functions.run(ARN, '"a"').answer[0]
    deployed.definition["CodeSha256"] = "2"
    second = functions.run(ARN, '"a"').answer
    assert second[0] != first
    assert second[1] == 1


def test_runs_at_the_same_time_have_processes_of_their_own_up_to_a_limit(
    functions: Functions, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(function_run, "MOST", 2)
    go = tmp_path / "go"
    with ThreadPoolExecutor(3) as pool:
        runs = [
            pool.submit(functions.run, ARN, f'{{"here": "{tmp_path}/{at}", "until": "{go}"}}')
            for at in range(3)
        ]
        until(lambda: len(list(tmp_path.iterdir())) == 2)
        assert len(processes(functions)) == 2
        go.touch()
        pids = [run.result().answer[0] for run in runs]
    assert set(pids) == set(processes(functions))


def test_another_function_gets_the_place_of_a_free_process(
    functions: Functions, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function_run, "MOST", 1)
    first = functions.run(ARN, '"a"').answer[0]
    deployed.definition["MemorySize"] = 256
    second = functions.run(ARN, '"a"').answer[0]
    assert processes(functions) == [second]
    assert not is_running(first)


def test_processes_that_nobody_uses_end(functions: Functions) -> None:
    pid = functions.run(ARN, '"a"').answer[0]
    functions.end_idle()
    assert processes(functions) == [pid]
    functions.end_idle(0)
    assert processes(functions) == []
    assert not is_running(pid)


def test_close_ends_a_run_that_is_under_way(functions: Functions, tmp_path: Any) -> None:
    def run() -> FunctionRun:
        return functions.run(ARN, f'{{"here": "{tmp_path}/here", "until": "{tmp_path}/never"}}')

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run)
        until((tmp_path / "here").exists)
        (pid,) = processes(functions)
        functions.close()
        assert not waiting.result().succeeded
    assert not is_running(pid)
    assert run().output == "the local cloud has stopped"
