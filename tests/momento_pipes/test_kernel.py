"""How node is started for synth: the environment, the messages of errors, what constructs print."""

import base64
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cdktf
import pytest

from momento_pipes.bindings import SqsQueue, kernel
from stacks.stack import MomentoStack
from stacks.weather import WeatherStack
from tests.each import each
from tests.synthesized import REPO, read_settings, run_python

RAISE = f"""
import os
before = dict(os.environ)
from momento_pipes import bindings
assert dict(os.environ) == before, "the environment of other programs has changed"
from constructs import Construct
from {cdktf.__name__} import App
app = App()
Construct(app, "orders")
try:
    Construct(app, "orders")
except RuntimeError as error:
    print(error)
    print(error.__cause__)
from {cdktf.__name__} import Annotations, TerraformStack
Annotations.of(TerraformStack(app, "one")).add_warning("beware")
app.synth()
import glob
(package,) = glob.glob(os.environ["TMPDIR"] + "/jsii-kernel-*/node_modules/constructs")
assert os.path.islink(package), "jsii has copied the package's folders"
"""
MESSAGE = "There is already a Construct with name 'orders' in App"


@pytest.mark.slow
def test_error_of_node_keeps_message_and_trace_and_others_have_none(tmp_path: Path) -> None:
    """A token and a warning have a trace as well. They would have node's own traces."""
    variables = {"TMPDIR": os.fspath(tmp_path), "NODE_OPTIONS": "--no-warnings"}
    run = run_python(tmp_path, *("-c", RAISE), repo=REPO, **variables)
    assert (run.returncode, run.stderr) == (0, "")
    message, *cause = run.stdout.strip().splitlines()
    assert message == MESSAGE
    assert cause[1].strip() == f"Error: {MESSAGE}"
    assert "at Node.addChild" in cause[2]
    manifest = json.loads((tmp_path / "cdktf.out" / "manifest.json").read_text("utf-8"))
    (warning,) = manifest["stacks"]["one"]["annotations"]
    assert (warning["message"], warning["stacktrace"]) == ("beware", [])


def run_embedded(folder: Path, program: str, options: str = "") -> subprocess.CompletedProcess[str]:
    """Run the runtime with a line of input, and a program in the place of the embedded one."""
    (folder / "lib__program.js").write_text(program)
    return subprocess.run(
        ["node", os.fspath(kernel.RUNTIME)],
        env=os.environ | {"JSII_EMBEDDED": os.fspath(folder), "NODE_OPTIONS": options},
        input="asked\n",
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize(
    ("options", "traced"),
    [("--no-warnings", "Error"), ("--stack-trace-limit=20", "Error, object")],
)
def test_only_a_limit_keeps_the_traces_of_what_is_no_error(
    tmp_path: Path, options: str, traced: str
) -> None:
    program = """
        const holders = { Error: Object.create(Error.prototype), object: {} };
        for (const one of Object.values(holders)) Error.captureStackTrace(one);
        const traced = Object.keys(holders).filter((name) => /at /.test(holders[name].stack));
        require("fs").writeSync(3, traced.join(", "));
    """
    assert run_embedded(tmp_path, program, options).stdout == traced


def test_runtime_takes_requests_from_input_and_reports_what_is_printed(tmp_path: Path) -> None:
    """The embedded program is replaced by one that reads a line, prints, and answers."""
    done = run_embedded(
        tmp_path,
        """
        const fs = require("fs");
        const asked = Buffer.alloc(100);
        const size = fs.readSync(3, asked, 0, 100, null);
        console.log("printed");
        console.error("wrong");
        fs.writeSync(3, `${asked.slice(0, size)}${new Error("why").message}\\n`);
        """,
    )
    assert done.stdout == "asked\nwhy\n"
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [{name: base64.b64decode(text) for name, text in one.items()} for one in told] == [
        {"stdout": b"printed\n"},
        {"stderr": b"wrong\n"},
    ]


@pytest.fixture
def _not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "constructs")
    monkeypatch.delenv("JSII_RUNTIME", raising=False)


@pytest.mark.usefixtures("_not_started")
def test_own_runtime_and_unknown_jsii_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setenv("NODE_OPTIONS", "--stack-trace-limit=20")
    monkeypatch.setattr(
        importlib,
        "import_module",
        lambda _: started.append((os.environ["JSII_RUNTIME"], os.environ["NODE_OPTIONS"])),
    )
    kernel.start()
    options = "--stack-trace-limit=20 --preserve-symlinks"
    assert started == [(os.fspath(kernel.RUNTIME), options)]
    assert os.environ["NODE_OPTIONS"] == "--stack-trace-limit=20"

    with monkeypatch.context() as patch:
        patch.setenv("JSII_RUNTIME", "own.js")
        kernel.start()
    with monkeypatch.context() as patch:
        patch.setattr(kernel, "_CHANNEL", "readFD:4,writeFD:4")
        kernel.start()
    assert len(started) == 1
    assert "JSII_EMBEDDED" not in os.environ


def test_a_check_is_made_once_for_a_class_of_values_without_parts() -> None:
    """A collection is checked each time, and so is what was refused."""
    made: list[object] = []

    def check(*, argname: str, value: object, expected_type: Any) -> None:
        made.append(value)
        if not isinstance(value, expected_type):
            raise TypeError(argname)

    once = kernel.checking_once(check)
    for value, expected in (("a", str), (["a"], list), (1, int), ("b", str), (["b"], list)):
        once("given", value, expected)
    assert made == ["a", ["a"], 1, ["b"]]
    for _ in range(2):
        with pytest.raises(TypeError, match="given"):
            once("given", 5, str)
    assert made[4:] == [5, 5]


def test_a_wrong_argument_is_refused_after_right_ones() -> None:
    stack = cdktf.TerraformStack(cdktf.Testing.app(), "one")
    wrong: Any = 5
    for number in range(2):
        SqsQueue(stack, f"right-{number}", name="a")
        with pytest.raises(TypeError, match="name"):
            SqsQueue(stack, f"wrong-{number}", name=wrong)


@each(cases=[{"PROFILE": "demo"}, {"PROFILE": "production"}, {"TOPOLOGY": "bus"}])
def test_single_stack_needs_no_search_for_references_to_others(cases: dict[str, str]) -> None:
    settings = read_settings(**cases)
    alone = cdktf.Testing.synth(WeatherStack(cdktf.Testing.app(), "weather", settings))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MomentoStack, "_has_neighbours", lambda _: True)
        assert cdktf.Testing.synth(WeatherStack(cdktf.Testing.app(), "weather", settings)) == alone


def test_reference_to_another_stack_is_found(tmp_path: Path) -> None:
    app = cdktf.App(outdir=os.fspath(tmp_path))
    one, two = (MomentoStack(app, id_, read_settings()) for id_ in ("one", "two"))
    cdktf.TerraformOutput(two, "whose", value=one.account.id)
    app.synth()
    files = {id_: tmp_path / "stacks" / id_ / "cdk.tf.json" for id_ in ("one", "two")}
    written = {id_: json.loads(file.read_text("utf-8")) for id_, file in files.items()}
    assert "cross-stack-output" in json.dumps(written["one"]["output"])
    assert "terraform_remote_state" in written["two"]["data"]
