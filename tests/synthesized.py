"""Synthesized stacks, in which tests find resources by type and name, never by id."""

import functools
import gc
import io
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "18,20")  # as help.sh does

import momento_pipes.bindings  # noqa: F401 - before cdktf, which would start node another way

# isort: split
from cdktf import Testing

from stacks.settings import Settings
from stacks.state import StateStack
from stacks.weather import WeatherStack

REPO = Path(__file__).resolve().parents[1]
ENDPOINT = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"
STACKS = {"weather": WeatherStack, "state": StateStack}


@dataclass(frozen=True)
class Block:
    """A resource or data source: its address in Terraform and its arguments."""

    address: str
    arguments: Mapping[str, Any]

    def __getitem__(self, argument: str) -> Any:
        return self.arguments[argument]

    def ref(self, attribute: str) -> str:
        """Return the expression by which other resources refer to an attribute."""
        return f"${{{self.address}.{attribute}}}"


@dataclass(frozen=True)
class Synthesized:
    """One stack's JSON."""

    text: str

    @functools.cached_property
    def document(self) -> Any:
        """The JSON, parsed."""
        return json.loads(self.text)

    def blocks(self, type_: str) -> list[Block]:
        """Return the resources of a type; with the prefix `data.` the data sources."""
        kind, prefix = ("data", type_) if type_.startswith("data.") else ("resource", type_)
        found = self.document[kind].get(type_.removeprefix("data."), {})
        return [
            Block(f"{prefix}.{id_}", {name: value for name, value in body.items() if name != "//"})
            for id_, body in found.items()
        ]

    def one(self, type_: str, name: str | None = None) -> Block:
        """Return the only resource of a type, or the only resource with this name."""
        blocks = self.blocks(type_)
        found = [block for block in blocks if name is None or block["name"] == name]
        assert len(found) == 1, f"{len(found)} of {type_} {name or ''}, one was expected"
        return found[0]

    def counts(self) -> dict[str, int]:
        """Return how many resources of each type there are."""
        return {type_: len(found) for type_, found in self.document["resource"].items()}

    def statements(self, role: str) -> dict[str, dict[str, Any]]:
        """Return the statements of a role's policy by their names."""
        of_role = self.one("aws_iam_role", role).ref("name")
        (found,) = [one for one in self.blocks("aws_iam_role_policy") if one["role"] == of_role]
        return {one["Sid"]: one for one in json.loads(found["policy"])["Statement"]}

    def trust(self, role: str) -> Any:
        """Return the only statement of a role's trust policy."""
        policy = json.loads(self.one("aws_iam_role", role)["assume_role_policy"])
        (found,) = policy["Statement"]
        return found

    def alarms(self) -> dict[str, Block]:
        """Return the alarms of the default prefix by their names without it."""
        found = self.blocks("aws_cloudwatch_metric_alarm")
        return {one["alarm_name"].removeprefix("weather-stats-demo-"): one for one in found}

    @property
    def wait(self) -> Block:
        """The only resource that waits for IAM."""
        (found,) = (one for one in self.blocks("terraform_data") if one != self.key_update)
        return found

    @property
    def key_update(self) -> Block:
        """The resource whose command gives the connection the API key."""
        (found,) = (
            one for one in self.blocks("terraform_data") if "key_version" in one["triggers_replace"]
        )
        return found


def settings_names() -> list[str]:
    """Return the environment variables that settings are read from."""
    aliases = [field.validation_alias for field in Settings.model_fields.values()]
    return [name for alias in aliases for name in getattr(alias, "choices", [alias])]


def read_settings(**environment: str) -> Settings:
    """Return the settings of an environment that holds an endpoint and these variables."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"MOMENTO_API_ENDPOINT": ENDPOINT, **environment}.items():
            patch.setenv(name, value)
        return Settings.load()


def synthesize_with(settings: Settings, stack: str = "weather") -> Synthesized:
    """Return a stack as these settings make it."""
    return Synthesized(Testing.synth(STACKS[stack](Testing.app(), stack, settings)))


@functools.cache
def _synthesize(stack: str, environment: frozenset[tuple[str, str]]) -> Synthesized:
    return synthesize_with(read_settings(**dict(environment)), stack)


def synthesize(stack: str = "weather", **environment: str) -> Synthesized:
    """Return a stack as these variables make it; the same variables are synthesized once."""
    return _synthesize(stack, frozenset(environment.items()))


def run_python(
    cwd: Path,
    *arguments: str | Path,
    repo: Path = REPO,
    python: str | Path = sys.executable,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in a folder, without the developer's own settings."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {*settings_names(), "AWS_BINDINGS", "PYTHONDONTWRITEBYTECODE"}
    }
    return subprocess.run(
        [os.fspath(argument) for argument in (python, *arguments)],
        cwd=cwd,
        env=inherited
        | {
            "CDKTF_OUTDIR": os.fspath(cwd / "cdktf.out"),
            "PYTHONPATH": os.fspath(repo),
        }
        | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=840,
    )


def run_main_here(
    cwd: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `main.py` as a program in a folder, in this process, which has started Node.js already.

    This process has no settings: see `no_settings_of_the_developer`.
    """
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        patch.chdir(cwd)
        patch.setattr(sys, "argv", ["main.py", *arguments])
        patch.setattr(gc, "disable", lambda: None)  # which is for a short process
        for name, value in {"CDKTF_OUTDIR": os.fspath(cwd / "cdktf.out"), **environment}.items():
            patch.setenv(name, value)
        try:
            runpy.run_path(os.fspath(REPO / "main.py"), run_name="__main__")
        except SystemExit as ended:  # its text is what Python prints as the program ends
            print(ended.code, file=sys.stderr)
            code = 1
    return subprocess.CompletedProcess(
        ["main.py", *arguments], code, out.getvalue(), err.getvalue()
    )


def outputs(folder: Path) -> dict[str, str]:
    """Return the synthesized JSON of each stack in a folder, by stack name."""
    files = (folder / "cdktf.out" / "stacks").glob("*/cdk.tf.json")
    return {file.parent.name: file.read_text(encoding="utf-8") for file in files}


@pytest.fixture(autouse=True, scope="module")
def no_settings_of_the_developer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run in an empty folder, without a `.env`, and without variables of settings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("empty"))
        patch.setitem(Settings.model_config, "env_file", ".env")  # which other tests do without
        for name in settings_names():
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def weather() -> Synthesized:
    """Return the weather stack with every setting at its default."""
    return synthesize()


@pytest.fixture(scope="module")
def production() -> Synthesized:
    """Return the weather stack in the production profile, with default settings."""
    return synthesize(PROFILE="production")


@pytest.fixture(scope="module")
def state() -> Synthesized:
    """Return the stack of the state bucket with every setting at its default."""
    return synthesize("state")
