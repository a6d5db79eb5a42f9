"""Load the AWS bindings fast, with only a few Python and JavaScript modules.

Importing `cdktf_cdktf_provider_aws` runs an `__init__` that imports all of its 2,200 modules.
The loader puts the package into `sys.modules` without running this `__init__`, so that importing
one submodule imports no others. It also gives jsii the trimmed assembly. If the trimmed assembly
cannot be used, it loads the whole assembly and prints a line.

`AWS_BINDINGS` chooses: `trimmed` (default), `lazy` (few Python modules, whole assembly) or
`stock` (nothing is changed). Unless it is `stock`, `kernel` starts node. An app that uses other
modules as well names them: `trimmed,vpc,subnet`.
"""

import importlib
import importlib.util
import os
import re
import sys
import tarfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
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


def cache() -> Path:
    """Return where the trimmed archives are: in the repository, or in the user's cache folder."""
    root = Path(__file__).resolve().parents[2]
    if not any(root.glob("momento_pipes-*.dist-info")):
        return root / ".cache" / "bindings"
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - Path's raises an error without a home
    return Path(caches) / "momento-pipes" / "bindings"


CACHE = cache()


def modules_in_use() -> list[str]:
    """Return the submodules that `momento_pipes.bindings` imports, read from its source."""
    source = Path(__file__).with_name("__init__.py").read_text(encoding="utf-8")
    return re.findall(rf"^from {PACKAGE}\.(\w+) import", source, re.MULTILINE)


def install() -> None:
    """Prepare the import of the bindings; do nothing if they are already imported."""
    mode, more = _chosen()
    if mode == "stock" or PACKAGE in sys.modules:
        return
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return  # the next import raises the error
    kernel.start()
    _register_unexecuted(spec)
    if mode == "trimmed":
        try:
            _load_trimmed(Path(spec.origin).parent, more)
        except Exception as error:  # noqa: BLE001 - after any error, the whole assembly still works
            sys.modules.pop(f"{PACKAGE}._jsii", None)
            print(
                f"bindings: slow start, because the whole assembly is loaded ({error})",
                file=sys.stderr,
            )


def finish() -> None:
    """Complete what `install` began, after the classes are imported."""
    if _chosen()[0] != "stock":
        kernel.remember_annotations()


def _chosen() -> tuple[str, list[str]]:
    """Return how the bindings are loaded, and which modules are kept besides those in use."""
    mode, *more = os.environ.get("AWS_BINDINGS", "trimmed").replace(" ", "").split(",")
    return mode or "trimmed", [module for module in more if module]


def _register_unexecuted(spec: ModuleSpec) -> None:
    sys.modules[spec.name] = importlib.util.module_from_spec(spec)


def _load_trimmed(package: Path, more: Sequence[str]) -> None:
    source = source_archive(package)
    modules = list(dict.fromkeys([*modules_in_use(), *more]))
    archive = trimmed_archive(source, modules, CACHE)
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
    sys.meta_path.insert(0, _Missing(archive, modules))


class _Missing(MetaPathFinder):
    """Explains the import of a module that the trimmed archive does not have.

    Its import would succeed, and jsii would fail at its first resource.
    """

    def __init__(self, archive: Path, modules: Sequence[str]) -> None:
        self._archive = archive
        self._modules = {*modules, "_jsii"}

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> None:
        """Raise the error, or let the other finders find the module."""
        package, _, module = fullname.partition(".")
        if package != PACKAGE or not module or "." in module or module in self._modules:
            return
        with tarfile.open(self._archive) as archive:  # those that they refer to are in it, too
            folder = f"package/lib/{module.replace('_', '-')}/"
            if any(name.startswith(folder) for name in archive.getnames()):
                self._modules.add(module)
                return
        chosen = os.environ.get("AWS_BINDINGS") or "trimmed"
        raise ImportError(
            f"the trimmed AWS bindings do not have the module {module}: set"
            f" AWS_BINDINGS={chosen},{module} before momento_pipes.bindings is imported,"
            " or AWS_BINDINGS=lazy for all modules, which takes seconds more",
            name=fullname,
        )


def prepare() -> None:
    """Build the trimmed assembly, or raise the error that prevents it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise AssemblyError("the AWS bindings are not installed")
    trimmed_archive(source_archive(Path(spec.origin).parent), modules_in_use(), CACHE)


if __name__ == "__main__":
    prepare()
