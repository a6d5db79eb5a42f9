"""The jsii assembly of the AWS bindings, trimmed to the modules in use.

The installed package has one archive with 2,135 JavaScript modules and 130 MB of type descriptions.
node reads all of it before the first resource. The trimmed archive has the same files for only a
few modules, so these modules synthesize the same JSON.
"""

import gc
import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PACKAGE = "cdktf_cdktf_provider_aws"
"""The bindings' Python package. The names below are derived from it (see docs/cdktn.md)."""
LIBRARY = PACKAGE.partition("_")[0]
NAME = f"@{LIBRARY}/provider-aws"
FORMAT = 1
"""A part of the cache key: increase it when `build` writes something else."""

_INDEX = "package/lib/index.js"
_TYPES = "package/.jsii"


class AssemblyError(Exception):
    """The trimmed assembly cannot be built or read. The message says why."""


def source_archive(package: Path) -> Path:
    """Return the archive in the installed bindings.

    Raises:
        AssemblyError: there is no archive, or more than one.

    """
    archives = sorted((package / "_jsii").glob("provider-aws@*.jsii.tgz"))
    if len(archives) != 1:
        raise AssemblyError(f"the bindings have {len(archives)} assemblies instead of one")
    return archives[0]


def version_of(archive: Path) -> str:
    """Return the bindings' version, which is in the archive's name."""
    return archive.name.removeprefix("provider-aws@").removesuffix(".jsii.tgz")


def trimmed_archive(source: Path, modules: Sequence[str], cache: Path) -> Path:
    """Return the trimmed archive for these modules; build it if it is not in the cache.

    The cache has a digest for each archive. If they do not match, the archive is built again.

    Raises:
        AssemblyError: the source archive does not have the expected files.
        OSError: the cache cannot be written.

    """
    identity = json.dumps([FORMAT, source.name, source.stat().st_size, sorted(modules)])
    key = hashlib.sha256(identity.encode()).hexdigest()[:16]
    archive = cache / f"provider-aws-{key}.tgz"
    digest = archive.with_suffix(".sha256")
    if not _agree(archive, digest):
        cache.mkdir(parents=True, exist_ok=True)
        content = build(source, modules)
        _write(archive, content)
        _write(digest, hashlib.sha256(content).hexdigest().encode())
    return archive


def _agree(archive: Path, digest: Path) -> bool:
    try:
        return hashlib.sha256(archive.read_bytes()).hexdigest() == digest.read_text()
    except (OSError, UnicodeDecodeError):
        return False


def _write(path: Path, content: bytes) -> None:
    """Write the whole file or nothing, because another process may write it at the same time."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def build(source: Path, modules: Sequence[str]) -> bytes:
    """Return the trimmed archive's bytes. This takes a few seconds.

    Looking for garbage among 130 MB of descriptions would take half as long again.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        with tarfile.open(source) as archive:
            return _pack(_trimmed(archive, modules))
    except (tarfile.TarError, KeyError, json.JSONDecodeError, EOFError) as error:
        raise AssemblyError(f"{source.name} does not have the expected files: {error}") from error
    finally:
        if collects:
            gc.enable()


def _trimmed(archive: tarfile.TarFile, modules: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    assembly = _assembly(archive)
    modules = _with_those_referred_to(assembly["types"], modules)
    folders = {f"package/lib/{module.replace('_', '-')}/" for module in modules}
    missing = {_INDEX, "package/package.json", *folders}
    for member in archive:
        name = member.name
        folder = name[: name.rfind("/") + 1]
        if name == _TYPES:
            content = _trim_types(assembly, modules)
        elif name == _INDEX:
            content = _index(modules)
        elif name == "package/package.json" or (folder in folders and name.endswith(".js")):
            content = _read(archive, member)
        else:
            continue
        missing -= {name, folder}
        yield name, content
    if missing:
        raise AssemblyError(f"the bindings do not have {', '.join(sorted(missing))}")


def _assembly(archive: tarfile.TarFile) -> dict[str, Any]:
    """Return the descriptions of the types. The files after them are not read."""
    for member in archive:
        if member.name == _TYPES:
            assembly: dict[str, Any] = json.loads(_read(archive, member))
            return assembly
    raise AssemblyError(f"the bindings do not have {_TYPES}")


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    if file is None:
        raise AssemblyError(f"{member.name} is not a file")
    return file.read()


def _with_those_referred_to(types: dict[str, Any], modules: Sequence[str]) -> list[str]:
    """Return the modules, and all modules that their types refer to, directly or indirectly.

    The bindings of provider 6.25.0 have no such reference; those of 6.69.1 have one, from the
    provider's class to its functions.
    """
    complete = list(modules)
    for module in complete:  # the list grows in the loop
        submodule = f"{NAME}.{_camel_case(module)}"
        own = [value for name, value in types.items() if name.rpartition(".")[0] == submodule]
        names = re.findall(rf'"fqn": "{re.escape(NAME)}\.([^".]+)', json.dumps(own))
        complete += sorted({_snake_case(name) for name in names} - set(complete))
    return complete


def _trim_types(assembly: dict[str, Any], modules: Sequence[str]) -> bytes:
    submodules = {f"{NAME}.{_camel_case(module)}" for module in modules}
    assembly["submodules"] = {
        name: value for name, value in assembly["submodules"].items() if name in submodules
    }
    assembly["types"] = {
        name: value
        for name, value in assembly["types"].items()
        if name.rpartition(".")[0] in submodules
    }
    assembly.pop("readme", None)
    return json.dumps(assembly).encode()


def _index(modules: Sequence[str]) -> bytes:
    lines = ['"use strict";', 'Object.defineProperty(exports, "__esModule", { value: true });']
    lines += [
        f'exports.{_camel_case(module)} = require("./{module.replace("_", "-")}/index.js");'
        for module in modules
    ]
    return "\n".join(lines).encode()


def _camel_case(module: str) -> str:
    return re.sub("_(.)", lambda match: match[1].upper(), module)


def _snake_case(submodule: str) -> str:
    return re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", submodule)


def _pack(files: Iterator[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
