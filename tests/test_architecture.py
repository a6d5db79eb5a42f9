"""Dependencies point one way, and the project has the rooms that its design names."""

import ast
import functools
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from ops.__main__ import COMMANDS
from tests.conftest import WAITING
from tests.each import each

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    *("console", "eventpipes", "live", "localcloud", "momento_pipes", "ops", "stacks", "weather"),
)
ROOMS = {*PACKAGES, "docs", "examples", "packages", "tests"}
SHARED_BY_COMMANDS = {"shared", "terraform"}
"""The folders of `ops/` that are no commands."""
NO_WHEEL = ("console", "live", "localcloud", "ops", "stacks", "tests", "weather")
"""What a wheel does not have under this name: `momento_pipes_local` is the local cloud's."""
MOST_LINES = 400
CDKTF = ("cdktf", "cdktf_cdktf_provider_aws", "constructs", "jsii")
LIBRARY, BINDINGS, *_ = CDKTF


@dataclass(frozen=True)
class Rule:
    """What the files of a pattern may not import, and the exceptions."""

    files: str
    forbidden: tuple[str, ...]
    allowed: tuple[str, ...] = ()


RULES = [
    Rule("main.py", ("console", "live", "localcloud", "ops", "weather")),
    Rule("stacks/*", ("console", "live", "localcloud", "ops", "weather")),
    Rule("stacks/settings/*", CDKTF),
    Rule("momento_pipes/*", ("console", "live", "localcloud", "ops", "stacks", "weather")),
    Rule("momento_pipes/errors.py", CDKTF),
    Rule("momento_pipes/mapping/*", CDKTF),
    Rule(
        "localcloud/*",
        ("console", "live", "momento_pipes", "ops", "stacks", "weather", *CDKTF),
    ),
    Rule(
        "ops/*",
        ("console", "localcloud", "momento_pipes", "stacks", "weather", *CDKTF),
        allowed=(
            *("console.errors", "console.form", "console.serve", "console.settings"),  # the page
            *("weather.form", "stacks.settings", "momento_pipes.errors", "momento_pipes.topology"),
            *("momento_pipes.bulk_settings", "momento_pipes.watch_settings"),
            *("momento_pipes.momento.limits", "momento_pipes.momento.update_connection"),
        ),
    ),
    Rule(
        "eventpipes/*",
        (
            *("boto3", "botocore", "httpx", "requests", "urllib.request", *CDKTF),
            *("console", "live", "localcloud", "momento_pipes", "ops", "stacks", "weather"),
        ),
    ),
    Rule(
        "live/*",
        ("console", "localcloud", "momento_pipes", "ops", "stacks", "weather", *CDKTF),
        allowed=("stacks.settings",),
    ),
    Rule(
        "console/*",
        ("localcloud", "momento_pipes", "ops", "stacks", "weather", *CDKTF),
        allowed=("momento_pipes.topology",),
    ),
    Rule(
        "weather/*",
        ("console", "localcloud", "momento_pipes", "ops", "stacks"),
        allowed=(
            *("momento_pipes.topology", "stacks.settings", "momento_pipes.momento.limits"),
            *("console.form", "console.errors"),  # what the page wants of a stack's own form
        ),
    ),
    Rule("examples/*", NO_WHEEL),
    Rule("packages/*", (*NO_WHEEL, "eventpipes", "momento_pipes", *CDKTF)),
]

OWNERS = {
    "boto3": ("live/aws.py", "localcloud/*", "momento_pipes/momento/update_connection.py"),
    "dotenv": ("stacks/settings/env_file.py", "stacks/settings/misspelt.py", "localcloud/*"),
}
"""The only files that import a library: one makes clients of AWS, and one reads `.env`.

The local cloud is a wheel of its own and has its own. `update_connection` runs where nothing of the
project is installed. `misspelt` names a type of the reader's.
"""


@functools.cache
def nodes(source: str) -> list[ast.AST]:
    """Return everything in a module; several tests ask for it."""
    return [*ast.walk(ast.parse(source))]


@functools.cache
def imports(path: str, source: str) -> list[str]:
    """Return the dotted name of everything a module imports, wherever in it."""
    return [*_imported(path, source)]


def _imported(path: str, source: str) -> Iterator[str]:
    package = Path(path).parent.parts
    for node in nodes(source):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package[: len(package) - level + 1] if level else ()
                base = [*above, *([module] if module else [])]
                yield from (".".join([*base, alias.name]) for alias in names)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name


def is_in(name: str, packages: Iterable[str]) -> bool:
    """Say whether a dotted name is one of the packages or something in one."""
    return any(f"{name}.".startswith(f"{package}.") for package in packages)


def violations(path: str, source: str) -> list[str]:
    """Return what a file imports against the rules."""
    rules = [rule for rule in RULES if fnmatch(path, rule.files)]
    owned = [one for one, files in OWNERS.items() if not any(fnmatch(path, own) for own in files)]
    return [
        name
        for name in imports(path, source)
        if is_in(name, owned)
        or any(is_in(name, rule.forbidden) and not is_in(name, rule.allowed) for rule in rules)
    ]


def arrows(sources: Mapping[str, str]) -> set[tuple[str, str, str]]:
    """Return which package imports which, and how much: `-->`, or `-.->` for named modules only."""
    found = set()
    for path, source in sources.items():
        own = path.removesuffix(".py").partition("/")[0]
        for name in imports(path, source):
            package = name.partition(".")[0]
            if own in (*PACKAGES, "main") and package in PACKAGES and package != own:
                rules = [rule for rule in RULES if fnmatch(path, rule.files)]
                some = any(is_in(package, rule.forbidden) for rule in rules)
                found.add((own, "-.->" if some else "-->", package))
    return found


def drawn(page: str) -> set[tuple[str, str, str]]:
    """Return the arrows of a page's first Mermaid diagram."""
    lines = page.partition("```mermaid\n")[2].partition("```")[0].splitlines()[1:]
    return {(own, arrow, other) for own, arrow, other in map(str.split, lines)}


def circle(sources: Mapping[str, str]) -> list[str]:
    """Return files of which each imports the next, and the last the first, if there are such."""
    modules = {_dotted(path): path for path in sources}
    needs = {
        path: {
            modules.get(name, modules.get(name.rpartition(".")[0], path))
            for name in imports(path, source)
        }
        - {path}
        for path, source in sources.items()
    }
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def no_commands(names: Iterable[str], commands: Iterable[str]) -> set[str]:
    """Return the files and folders of `ops/` that are neither a command nor shared by several."""
    modules = {Path(name).stem for name in names if not name.startswith("__")}
    return modules - set(commands) - SHARED_BY_COMMANDS


def strangers(folders: Iterable[str], ignored: Iterable[str]) -> set[str]:
    """Return the top-level folders that are neither a room, nor hidden, nor git's to ignore."""
    return {name for name in folders if not name.startswith(".")} - ROOMS - set(ignored)


@functools.cache
def sources() -> list[str]:
    rooms = (*PACKAGES, "examples", "packages")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]
    paths = [file.relative_to(ROOT) for file in [ROOT / "main.py", *files]]
    return sorted(path.as_posix() for path in paths if not is_hidden(path))


def too_long(files: Mapping[str, str]) -> list[str]:
    """Return the files with more lines than one can keep in mind."""
    return [path for path, text in files.items() if text.count("\n") > MOST_LINES]


def is_hidden(path: Path) -> bool:
    """Return whether a path is in a hidden folder, such as an environment of the example."""
    return any(part.startswith(".") for part in path.parts)


@each(path=sources())
def test_imports_point_one_way(path: str) -> None:
    assert violations(path, (ROOT / path).read_text(encoding="utf-8")) == []


@each(path=[path for path in sources() if path.startswith("localcloud/")])
def test_the_local_cloud_does_not_name_itself(path: str) -> None:
    """A wheel has it as `momento_pipes_local`, so it imports its own modules by `.`."""
    source = (ROOT / path).read_text(encoding="utf-8")
    absolute = [
        node.lineno
        for node in nodes(source)
        if isinstance(node, ast.ImportFrom) and node.level == 0
        if is_in(node.module or "", ["localcloud"])
    ]
    assert absolute == []


def test_no_file_is_too_long() -> None:
    tests = [file.relative_to(ROOT).as_posix() for file in (ROOT / "tests").rglob("*.py")]
    page = [
        file.relative_to(ROOT).as_posix()
        for kind in ("js", "css")
        for file in (ROOT / "console" / "static").rglob(f"*.{kind}")
    ]
    files = [*sources(), *tests, *page, "help.sh"]
    assert too_long({path: (ROOT / path).read_text(encoding="utf-8") for path in files}) == []
    assert too_long({"a.py": "\n" * MOST_LINES, "b.py": "\n" * (MOST_LINES + 1)}) == ["b.py"]


def test_the_picture_of_the_imports_is_true() -> None:
    found = arrows({path: (ROOT / path).read_text(encoding="utf-8") for path in sources()})
    assert drawn((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")) == found
    assert arrows({"ops/a.py": "import live, weather.form", "main.py": "import stacks"}) == {
        ("ops", "-->", "live"),
        ("ops", "-.->", "weather"),
        ("main", "-->", "stacks"),
    }


def test_no_two_files_import_each_other() -> None:
    assert circle({path: (ROOT / path).read_text(encoding="utf-8") for path in sources()}) == []


def test_a_circle_of_imports_is_reported() -> None:
    """An import for the type checker counts, too."""
    files = {
        "ops/a.py": "from ops.b import B",
        "ops/b.py": "if TYPE_CHECKING:\n    from ops.c import C",
        "ops/c.py": "import ops.a",
        "ops/d.py": "from ops import a",
    }
    assert sorted(set(circle(files))) == ["ops/a.py", "ops/b.py", "ops/c.py"]
    assert circle({**files, "ops/c.py": "import json"}) == []


@pytest.mark.parametrize("module", ["stacks.catalogue", "momento_pipes.mapping", "stacks.settings"])
def test_what_is_needed_before_cdktf_does_not_import_it(module: str) -> None:
    """Imports of imports count, too. A name that only the type checker needs does not."""
    code = f"import sys, {module}; print(*({set(CDKTF)} & sys.modules.keys()))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert run.stdout.split() == []


@each(rule=RULES)
def test_a_rule_is_about_files_that_exist(rule: Rule) -> None:
    assert [path for path in sources() if fnmatch(path, rule.files)]


@each(
    ("path", "source", "found"),
    [
        ("main.py", "import localcloud", ["localcloud"]),
        ("momento_pipes/pipes/pipe.py", "import localcloud.aws.aws", ["localcloud.aws.aws"]),
        ("momento_pipes/pipes/pipe.py", "import stacks.settings", ["stacks.settings"]),
        ("stacks/weather.py", "import live, momento_pipes.mapping", ["live"]),
        ("momento_pipes/pipes/pipe.py", "from ops import terraform", ["ops.terraform"]),
        ("momento_pipes/bindings/new.py", "def f():\n    import ops", ["ops"]),
        ("momento_pipes/pipes/pipe.py", f"import {LIBRARY}, opsgenie, localcloudy", []),
        ("stacks/settings/types.py", f"from {LIBRARY} import App", [f"{LIBRARY}.App"]),
        ("momento_pipes/errors.py", "import jsii", ["jsii"]),
        (
            "momento_pipes/mapping/cache.py",
            "from constructs import Construct",
            ["constructs.Construct"],
        ),
        ("localcloud/aws/aws.py", "from stacks.settings import x", ["stacks.settings.x"]),
        ("localcloud/aws/aws.py", "from ... import ops", ["ops"]),
        ("localcloud/aws/aws.py", f"import {LIBRARY}", [LIBRARY]),
        ("localcloud/aws/aws.py", "from .. import momento\nimport boto3, eventpipes", []),
        ("ops/plan.py", "from localcloud import LocalAws", ["localcloud.LocalAws"]),
        (
            "ops/plan.py",
            "from momento_pipes.pipes.pipe import Pipe",
            ["momento_pipes.pipes.pipe.Pipe"],
        ),
        ("ops/plan.py", "import stacks", ["stacks"]),
        ("ops/plan.py", "from weather.cli import app", ["weather.cli.app"]),
        ("ops/web.py", "from console.serve import serve\nimport console.hub", ["console.hub"]),
        ("ops/plan.py", "from stacks import settings, weather", ["stacks.weather"]),
        ("ops/plan.py", "from stacks.settings import Settings\nimport momento_pipes.errors", []),
        ("ops/plan.py", f"import {BINDINGS}.vpc", [f"{BINDINGS}.vpc"]),
        ("ops/plan.py", f"import_module('{LIBRARY}')", [LIBRARY]),
        (
            "ops/plan.py",
            "importlib.import_module('momento_pipes.pipes.pipe')",
            ["momento_pipes.pipes.pipe"],
        ),
        ("eventpipes/pipe.py", "import boto3\nimport httpx", ["boto3", "httpx"]),
        ("eventpipes/pipe.py", "from urllib import request", ["urllib.request"]),
        ("eventpipes/pipe.py", "from urllib.parse import quote", []),
        ("eventpipes/pipe.py", "import momento_pipes.mapping", ["momento_pipes.mapping"]),
        ("eventpipes/pattern/parser.py", "from ...ops import redrive", ["ops.redrive"]),
        ("weather/cli.py", "import localcloud, eventpipes, live.cloud", ["localcloud"]),
        (
            "live/cloud.py",
            "import ops, stacks.settings, momento_pipes.pipes.pipe",
            ["ops", "momento_pipes.pipes.pipe"],
        ),
        ("eventpipes/pipe.py", "import live", ["live"]),
        (
            "console/board.py",
            "import live, weather.form, stacks.settings.env_file",
            ["weather.form", "stacks.settings.env_file"],
        ),
        (
            "console/board.py",
            "from momento_pipes.mapping import ItemMapping",
            ["momento_pipes.mapping.ItemMapping"],
        ),
        ("live/table.py", "import console", ["console"]),
        ("examples/shop/app.py", "import momento_pipes_local, live", ["live"]),
        ("examples/shop/shop_stack.py", "from stacks.stack import Stack", ["stacks.stack.Stack"]),
        ("packages/hatch_build.py", "import momento_pipes", ["momento_pipes"]),
        ("live/table.py", "import boto3.session", ["boto3.session"]),
        ("live/aws.py", "import boto3", []),
        ("ops/deploy/command.py", "from dotenv import dotenv_values", ["dotenv.dotenv_values"]),
        ("weather/form.py", "from console.form import FormField", []),
        ("weather/form.py", "from console.board import Board", ["console.board.Board"]),
    ],
)
def test_a_rule_can_fail(path: str, source: str, found: list[str]) -> None:
    assert violations(path, source) == found


def test_each_package_has_a_rule_for_its_imports() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").replace("/", "").split()
    folders = [path.name for path in ROOT.iterdir() if path.is_dir()]
    assert strangers(folders, ignored) == set()


def test_a_package_without_a_rule_is_reported() -> None:
    assert strangers(["stacks", ".git", "node_modules", "utils"], ["node_modules"]) == {"utils"}


def test_each_file_and_folder_of_ops_is_a_command() -> None:
    assert no_commands([path.name for path in (ROOT / "ops").iterdir()], COMMANDS) == set()
    places = {name: module.split(".")[1] for name, module in COMMANDS.items()}
    assert {name: place for name, place in places.items() if name != place} == {
        "raise-stack": "demo"  # with the demo's other code; ./help.sh up runs it
    }


def test_a_file_of_ops_that_is_no_command_is_reported() -> None:
    names = ["deploy", "plan.py", "__init__.py", "__pycache__", "shared", "helpers.py"]
    assert no_commands(names, ["deploy", "plan"]) == {"helpers"}


def test_the_modules_that_begin_early_exist() -> None:
    assert [path for path in WAITING if not (ROOT / path).is_file()] == []
