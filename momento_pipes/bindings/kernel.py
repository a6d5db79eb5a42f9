"""Start jsii's node for synth: one process instead of two, and no trace for each token.

Each call of a construct goes from Python to node and back. `runtime.js` says what it changes. jsii
checks the arguments of each call, too. It reads the same annotations each time, and compares values
of the same class with the same type: here once.

cdktf records its traces if NODE_OPTIONS sets a `--stack-trace-limit`. Nothing is changed if
`JSII_RUNTIME` names another runtime, or if jsii has started before.
"""

import functools
import importlib
import importlib.util
import os
import sys
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from momento_pipes.bindings.assembly import LIBRARY, PACKAGE

RUNTIME = Path(__file__).with_name("runtime.js")
TypeCheck = Callable[..., Any]
"""jsii's `check_type(argname, value, expected_type)`. It raises TypeError."""
_PLAIN = frozenset({bool, float, int, str, type(None)})
_CHANNEL = "readFD:3,writeFD:3"
"""What `runtime.js` relies on: jsii's program reads and answers requests on descriptor 3."""


def start() -> None:
    """Start node, unless jsii has started it or another runtime is chosen."""
    if "constructs" in sys.modules or "JSII_RUNTIME" in os.environ:
        return
    folder = _embedded()
    if folder is None:
        return  # jsii starts its own runtime
    with _environment(
        JSII_RUNTIME=os.fspath(RUNTIME),
        JSII_EMBEDDED=os.fspath(folder),
        NODE_OPTIONS=f"{os.environ.get('NODE_OPTIONS', '')} --preserve-symlinks".strip(),
    ):
        importlib.import_module("constructs._jsii")


def _embedded() -> Path | None:
    """Return the folder of jsii's JavaScript if `runtime.js` can run what is in it."""
    spec = importlib.util.find_spec("jsii")
    if os.name != "posix" or spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "_embedded" / "jsii"
    try:
        program = (folder / "lib__program.js").read_text(encoding="utf-8")
    except OSError:
        return None
    return folder if _CHANNEL in program else None


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Set variables for the process that is started now, and for no other."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def remember_annotations() -> None:
    """Let the generated classes resolve the annotations of each function once.

    They check each argument against `typing.get_type_hints`. Only these modules get a `typing`
    whose `get_type_hints` remembers, and a `check_type` that remembers what it has accepted. jsii's
    newer generator has the first cache, too.
    """
    for name, module in list(sys.modules.items()):
        generated = name in ("constructs", LIBRARY) or name.startswith(f"{PACKAGE}.")
        if generated and getattr(module, "typing", None) is typing:
            vars(module)["typing"] = _remembering()
            check = getattr(module, "check_type", None)
            if check is not None:
                vars(module)["check_type"] = checking_once(check)


def checking_once(check: TypeCheck) -> TypeCheck:
    """Return a check that accepts all values of a class after it has accepted one of them.

    This is for classes whose values have no parts that the type could refuse: text, numbers, and
    jsii's own. A collection is always checked. What is refused is refused each time.
    """
    accepted: dict[tuple[type, int], object] = {}  # the types stay, so that no other has their id

    def check_type(argname: str, value: object, expected_type: Any) -> Any:  # noqa: ANN401 - as jsii has it
        of = type(value)
        key = of, id(expected_type)
        if key not in accepted:
            check(argname=argname, value=value, expected_type=expected_type)
            if of in _PLAIN or hasattr(of, "__jsii_type__"):
                accepted[key] = expected_type

    return check_type


@functools.cache
def _remembering() -> ModuleType:
    module = ModuleType(typing.__name__)
    vars(module).update(vars(typing))
    vars(module)["get_type_hints"] = functools.cache(typing.get_type_hints)
    return module
