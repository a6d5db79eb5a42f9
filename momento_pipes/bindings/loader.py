"""Load the AWS bindings fast, with only a few Python and JavaScript modules.

Importing `cdktf_cdktf_provider_aws` runs an `__init__` that imports all of its 2,200 modules.
The loader puts the package into `sys.modules` without running this `__init__`, so that importing
one submodule imports no others. It also gives jsii the trimmed assembly. If the trimmed assembly
cannot be used, it loads the whole assembly and prints a line.

`AWS_BINDINGS` chooses: `trimmed` (default), `lazy` (few Python modules, whole assembly) or
`stock` (nothing is changed). Unless it is `stock`, `kernel` starts node.
"""

import importlib
import importlib.util
import os
import re
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

from momento_pipes.bindings import kernel
from momento_pipes.bindings.assembly import (
    LIBRARY,
    NAME,
    PACKAGE,
    AssemblyError,
    source_archive,
    trimmed_archive,
    version_of,
)

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "bindings"


def modules_in_use() -> list[str]:
    """Return the submodules that `momento_pipes.bindings` imports, read from its source."""
    source = Path(__file__).with_name("__init__.py").read_text(encoding="utf-8")
    return re.findall(rf"^from {PACKAGE}\.(\w+) import", source, re.MULTILINE)


def install() -> None:
    """Prepare the import of the bindings; do nothing if they are already imported."""
    mode = os.environ.get("AWS_BINDINGS", "trimmed")
    if mode == "stock" or PACKAGE in sys.modules:
        return
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return  # the next import raises the error
    kernel.start()
    _register_unexecuted(spec)
    if mode == "trimmed":
        try:
            _load_trimmed(Path(spec.origin).parent)
        except Exception as error:  # noqa: BLE001 - after any error, the whole assembly still works
            sys.modules.pop(f"{PACKAGE}._jsii", None)
            print(
                f"bindings: slow start, because the whole assembly is loaded ({error})",
                file=sys.stderr,
            )


def finish() -> None:
    """Complete what `install` began, after the classes are imported."""
    if os.environ.get("AWS_BINDINGS", "trimmed") != "stock":
        kernel.remember_annotations()


def _register_unexecuted(spec: ModuleSpec) -> None:
    sys.modules[spec.name] = importlib.util.module_from_spec(spec)


def _load_trimmed(package: Path) -> None:
    source = source_archive(package)
    archive = trimmed_archive(source, modules_in_use(), CACHE)
    spec = importlib.util.find_spec(f"{PACKAGE}._jsii")
    if spec is None:
        raise AssemblyError("the bindings do not have the module _jsii")

    for dependency in ("constructs._jsii", f"{LIBRARY}._jsii"):
        importlib.import_module(dependency)
    from jsii import JSIIAssembly

    _register_unexecuted(spec)
    # jsii looks for a relative path next to `_jsii`, and uses an absolute path as it is.
    assembly = JSIIAssembly.load(NAME, version_of(source), PACKAGE, os.fspath(archive))
    vars(sys.modules[spec.name]).update(__jsii_assembly__=assembly, __all__=["__jsii_assembly__"])


def prepare() -> None:
    """Build the trimmed assembly, or raise the error that prevents it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise AssemblyError("the AWS bindings are not installed")
    trimmed_archive(source_archive(Path(spec.origin).parent), modules_in_use(), CACHE)


if __name__ == "__main__":
    prepare()
