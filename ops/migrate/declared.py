"""The requirements in a Pipfile and in Poetry's part of pyproject.toml, which uv does not read."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ops.shared.errors import OpsError


def requirements(file: Path) -> list[str] | None:
    """Return the requirements of a file in pip's form; None if uv reads the file itself.

    Raises:
        OpsError: the file is not TOML, or a package comes from another place than the index.

    """
    if file.name not in ("Pipfile", "pyproject.toml"):
        return None
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OpsError(f"{file.name} cannot be read ({error}): correct it first") from None
    if file.name == "Pipfile":
        return list(_lines(document.get("packages", {})))
    if "project" in document:
        return None
    return list(_lines(document.get("tool", {}).get("poetry", {}).get("dependencies", {}))) or None


def _lines(table: Mapping[str, Any]) -> Iterator[str]:
    for name, wanted in table.items():
        said = wanted if isinstance(wanted, dict) else {"version": wanted}
        if sources := sorted({"file", "git", "path", "url"} & said.keys()):
            raise OpsError(
                f"{name} comes from a {sources[0]}, which this command cannot install: run it with"
                " --without-proof, and compare the JSON yourself"
            )
        if name != "python":
            extras = ",".join(said.get("extras", ()))
            yield name + (f"[{extras}]" if extras else "") + _specifier(said.get("version", "*"))


def _specifier(version: str) -> str:
    """Return pip's form of a version.

    >>> [_specifier(one) for one in ("^0.21.0", "^2.5", "~1.4.2", "1.0", ">=1,<2", "*")]
    ['>=0.21.0,<0.22', '>=2.5,<3', '~=1.4.2', '==1.0', '>=1,<2', '']
    """
    if version == "*":
        return ""
    if version.startswith("^"):
        major, minor, *_ = [*version[1:].split("."), "0"]
        after = f"{int(major) + 1}" if int(major) else f"0.{int(minor) + 1}"
        return f">={version[1:]},<{after}"
    if version.startswith("~") and not version.startswith("~="):
        return f"~={version[1:]}"
    return f"=={version}" if version[0].isdigit() else version
