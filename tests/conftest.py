"""What every test gets: nothing real within reach, and a copy of the project to run in."""

import atexit
import fcntl
import functools
import gc
import os
import pickle
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import urllib.request
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore import useragent
from botocore.hooks import EventAliaser
from botocore.loaders import JSONFileLoader, Loader

for _asks_for_colours in ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS"):
    os.environ.pop(_asks_for_colours, None)  # typer reads them once, when it is imported

_LEFT = Path(tempfile.gettempdir()) / f"left-by-tests-{os.getpid()}"
"""Where the processes that tests start leave their files: jsii leaves each synthesized app."""
_LEFT.mkdir(exist_ok=True)
os.environ["TMPDIR"] = str(_LEFT)  # this process has its own folder already
atexit.register(shutil.rmtree, _LEFT, ignore_errors=True)
os.environ.setdefault("GOGC", "400")  # Terraform: a tenth more memory, a sixth less processor time

import ops.terraform.terraform
from localcloud import LocalAws
from ops.terraform import provider
from ops.terraform.terraform import Terraform, environment, synthesize
from stacks.settings import Settings
from tests import commands
from tests.localcloud.provider_process import VARIABLE, provider_process
from tests.localcloud.weather_pipes import empty
from tests.synthesis import synthesized

ROOT = Path(__file__).resolve().parents[1]
ENDPOINT = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"
KEY = "planted-7d1f0c-key-that-must-not-be-seen"
BUCKET = "weather-stats-demo-terraform-state"
SETTINGS = {str(field.validation_alias) for field in Settings.model_fields.values()}
MANY_READERS = (
    "warning: pipeline weather-stats-demo: 3 pipes read each shard of the stream, but AWS advises"
    " at most 2: under load, reads may be throttled and changes arrive late. TOPOLOGY=workflow has"
    " one reader for each pipeline (docs/topologies.md); or remove a cache or a topic\n"
)
RACE = (
    "warning: pipeline weather-stats-demo: two pipes on one stream do not keep the order, so a"
    " put can arrive after a later delete of the same item, or a delete after a later put. Then the"
    " cache has an entry of a removed item, or has no entry of an item, until the item's next"
    " change or until the TTL ends. TOPOLOGY=workflow keeps the order (docs/topologies.md)\n"
)
RACE_ON_A_BUS = RACE.replace(
    "two pipes on one stream do not keep the order", "an event bus does not keep the order"
)
ADVICE = MANY_READERS + RACE
"""What synth says of the weather stack: it has too many pipes, and they keep no order."""
TOOLS = ("AWS_", "CDKTF_", "MOMENTO_", "TF_")
KEPT = ("AWS_BINDINGS", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR")
"""Where the bindings and the provider come from is the machine's own business."""


WAITING = [
    "tests/localcloud/test_iam.py",
    "tests/ops/prove/test_proof.py",
    "tests/ops/demo/test_demo.py",
    "tests/localcloud/test_state.py",
    "tests/console/test_logged.py",
    "tests/console/test_page_access.py",
    "tests/localcloud/test_lock.py",
    "tests/console/test_web.py",
    "tests/ops/terraform/test_saved_plan.py",
    "tests/localcloud/test_deployment.py",
    "tests/ops/demo/test_pipeline_check.py",
    "tests/ops/test_secrecy.py",
    "tests/localcloud/test_workflow_deployment.py",
    "tests/console/test_page.py",
    "tests/localcloud/test_examples.py",
    "tests/ops/test_cdktf.py",
    "tests/ops/migrate/test_cdktn_cli.py",
    "tests/console/test_page_shop.py",
    "tests/localcloud/test_watch.py",
    "tests/console/test_page_health.py",
    "tests/localcloud/test_bulk.py",
    "tests/ops/prove/test_delivering.py",
]
"""The modules that mostly wait, for AWS as Terraform does or for a page, the longest first."""
MODULES_BETWEEN = 13
"""Modules that are begun between two of those: all of them at once would leave the cores idle, and
begun last, they would be waited for when nothing else is left to do."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while the tests are imported: all of it stays until the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin the modules that wait early, and apart; mark what needs Terraform or a cloud.

    The other modules come in a mixed order, the same each time: the modules of one folder would all
    need the processor at once, or all wait at once.
    """
    for item in items:
        if {"house", "aws_server"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
    waiting = {path: place * MODULES_BETWEEN for place, path in enumerate(WAITING)}
    modules = {item.nodeid.partition("::")[0] for item in items} - waiting.keys()
    mixed = sorted(modules, key=lambda path: zlib.crc32(path.encode()))
    places = {path: place for place, path in enumerate(mixed)} | waiting
    items.sort(key=lambda item: places[item.nodeid.partition("::")[0]])


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a test after a text without `::`, as in ARNs: xdist takes what is before for a module.

    It would give one module's tests to several processes, and each would deploy for itself. A
    member of an enumeration has its name: a `Field` refuses to become text.
    """
    if isinstance(val, Enum):
        return val.name
    return re.sub(":{2,}", ":", val) if isinstance(val, str) and "::" in val else None


@dataclass(frozen=True)
class House:
    """A copy of the project without what git ignores: no `.env`, no state, nothing synthesized."""

    root: Path

    def run(
        self, *command: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it, with nobody at the keyboard."""
        return subprocess.run(
            command,
            cwd=self.root,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def command(
        self, *words: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of `help.sh` in it, in this process."""
        return commands.run(*words, env=env, folder=self.root)


@pytest.fixture(autouse=True, scope="session")
def clean_environment() -> Iterator[None]:
    """Take credentials, endpoints, settings and `.env` out of this process's reach.

    Terraform and its provider look for garbage less often, which spares a fifth of their time.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # may be ignored in the background
    with pytest.MonkeyPatch.context() as patch:
        for name in filter(_reaches_out, list(os.environ)):
            patch.delenv(name)
        patch.setenv("GOGC", "400")
        patch.setitem(Settings.model_config, "env_file", None)
        yield


@pytest.fixture(autouse=True, scope="session")
def proxies_are_found() -> Iterator[None]:
    """Let a client be made in a thread while pytest changes the environment of this process.

    Python looks through the environment for proxies, and fails if it changes meanwhile. pytest
    writes the name of the test into it, and takes it out at the end.
    """
    find = urllib.request.getproxies_environment

    def found() -> dict[str, str]:
        while True:
            with suppress(KeyError, RuntimeError):
                return find()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(urllib.request, "getproxies_environment", found)
        yield


@pytest.fixture(autouse=True, scope="session")
def read_once() -> Iterator[None]:
    """Read what each client of AWS and of HTTP reads for itself once in a process.

    AWS's description of a service takes a tenth of a second, the list of the services 30
    milliseconds, and the certificates 20.
    S3's clients change the paths in their description, so each gets its own.
    A client also makes names of events, and each request a text about this machine, out of the
    same parts: a tenth of a request's time.
    """
    load, context = JSONFileLoader().load_file, ssl.create_default_context()
    list_services, lists = Loader.list_available_services, dict[tuple[str, ...], Any]()

    def own(path: str) -> Any:
        return pickle.loads(packed(path)) if "/s3/" in path else read(path)  # noqa: S301 - our own

    def services(loader: Loader, kind: str) -> Any:
        key = (*loader.search_paths, kind)
        if key not in lists:
            lists[key] = list_services(loader, kind)
        return lists[key]

    def events(self: EventAliaser, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        vars(self)["_alias_name_cache"] = names

    begin, names = EventAliaser.__init__, dict[str, str]()
    sanitized = functools.cache(useragent.sanitize_user_agent_string_component)
    read = functools.cache(load)
    packed = functools.cache(lambda path: pickle.dumps(load(path)))  # a copy takes longer
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: own(path))
        patch.setattr(Loader, "list_available_services", services)
        patch.setattr(EventAliaser, "__init__", events)
        patch.setattr(useragent, "sanitize_user_agent_string_component", sanitized)
        patch.setattr(httpx._transports.default, "create_ssl_context", lambda **_: context)  # noqa: SLF001 - httpx's only place
        yield


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return a copy of the project that also `ops.terraform.terraform` works in."""
    root = tmp_path_factory.mktemp("house") / "project"
    ignored = (ROOT / ".gitignore").read_text().replace("/", "").split()
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*ignored, ".git", "tests"))
    (ROOT / ".cache" / "bindings").mkdir(parents=True, exist_ok=True)
    (root / ".cache").mkdir()
    found = ROOT / ".cache" / "provider.env"
    if found.exists():  # no need to ask the registry again, which may take its time
        shutil.copy(found, root / ".cache")
    for shared in (".venv", "node_modules", ".cache/bindings"):
        if shared != "node_modules" or _modules_are_current():
            (root / shared).symlink_to(ROOT / shared)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ops.terraform.terraform, "ROOT", root)
        patch.setattr(ops.terraform.terraform, "run_app", run_app_here)
        provider.resolve(root, os.environ)
        yield House(root)


def _modules_are_current() -> bool:
    """Say whether help.sh would keep node_modules: otherwise it would empty the shared ones."""
    kept = ROOT / "node_modules" / ".package-lock.copy"
    return kept.exists() and kept.read_bytes() == (ROOT / "package-lock.json").read_bytes()


def run_app_here(
    stack: str, env: Mapping[str, str], *, quiet: bool
) -> subprocess.CompletedProcess[str]:
    """Run the CDKTF app for a stack as `ops.terraform.terraform` does, in this process."""
    done = synthesized(stack, env, str(ops.terraform.terraform.out_folder(env)))
    if not quiet:
        sys.stderr.write(done.stderr)
    return done


@pytest.fixture(scope="session")
def aws_server() -> Iterator[LocalAws]:
    """Return this process's AWS; a server takes two seconds to start."""
    with LocalAws() as aws:
        yield aws


@pytest.fixture(scope="module")
def local_aws(aws_server: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """Return an empty AWS for one module, which this process's environment points at."""
    aws = aws_server
    empty(aws.endpoint)
    with pytest.MonkeyPatch.context() as patch:
        settings = {
            "AWS_DEFAULT_REGION": "us-east-1",
            "CDKTF_OUTDIR": str(tmp_path_factory.mktemp("out")),
            "MOMENTO_API_ENDPOINT": ENDPOINT,
            "MOMENTO_API_KEY": KEY,
            "TF_VAR_iam_settle_seconds": "0",
        }
        for name, value in (aws.environment() | settings).items():
            patch.setenv(name, value)
        yield aws


@pytest.fixture(scope="module")
def state_bucket(local_aws: LocalAws) -> str:
    """Create the state bucket, bare, because the provider needs a minute for its lifecycle."""
    assert local_aws.endpoint
    with closing(boto3.client("s3")) as s3:
        s3.create_bucket(Bucket=BUCKET)
    return BUCKET


@pytest.fixture(scope="session")
def provider_binary(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the AWS provider, as Terraform has installed it, once for all processes of a run."""
    assert house.root.exists()
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    out = shared / "provider"
    with (shared / "provider.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("CDKTF_OUTDIR", str(out))
                patch.setenv("MOMENTO_API_ENDPOINT", ENDPOINT)
                env = environment(Settings.load())
                Terraform(synthesize("weather", env, quiet=True), env).init("-backend=false")
    (binary,) = out.glob("stacks/*/.terraform/providers/*/*/*/*/*/terraform-provider-aws_*")
    return binary


@pytest.fixture(scope="session")
def one_provider(aws_server: LocalAws, provider_binary: Path) -> Iterator[str]:
    """Start a provider for this process's AWS, and return the variable's value that leads to it."""
    with provider_process(provider_binary, os.environ | aws_server.environment()) as found:
        yield found


@pytest.fixture(scope="module")
def provider_of_the_module(one_provider: str) -> str:
    """Return the variable's value; a module with an AWS of its own has a provider of its own."""
    return one_provider


@pytest.fixture(scope="module")
def running_provider(local_aws: LocalAws, provider_of_the_module: str) -> Iterator[None]:
    """Let all of a module's runs of Terraform use one process of the provider."""
    assert local_aws.endpoint
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, provider_of_the_module)
        yield


def files_with(text: str, folder: Path) -> list[Path]:
    """Return the files below a folder, but for the provider, whose bytes hold a text."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and "providers" not in path.parts and text.encode() in path.read_bytes()
    ]


def _reaches_out(name: str) -> bool:
    """Say whether a variable is a setting, a credential, or changes what the tools do."""
    return name in SETTINGS or (name.startswith(TOOLS) and name not in KEPT)
