"""CDKTF's packages in the files that name a project's dependencies.

A version is replaced by the one that CDK Terrain has: a pinned version (`==`, or `"0.21.0"` of
Poetry and npm) by a pinned one, and a range by the range of compatible versions. Everything else in
the files stays as it is: comments, order, spaces, and other packages.
"""

import json
import re
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import PurePath

from ops.migrate.packages import NEW, OLD, PROVIDER, renamed

PackageVersions = Mapping[str, str]
"""The version of each of CDK Terrain's packages."""

_REQUIREMENTS = ("*requirements*.txt", "*requirements*.in", "constraints*.txt", "constraints*.in")
_NAME = rf"(?P<name>{PROVIDER}|{OLD})"
_SPEC = r"(?:===?|~=|!=|[<>]=?)\s*[\w.*+!]+"
_REQUIREMENT = (
    rf"{_NAME}(?P<extras>\s*\[[^\]\n]*\])?"
    rf"(?P<space>[ ]*\(?[ ]*)(?P<specs>{_SPEC}(?:\s*,\s*{_SPEC})*)?"
)
_IN_A_LINE = re.compile(
    r"(?P<skipped>#.*|^keywords\s*=.*(?:\n[ \t]+.*)*)"
    r"|(?P<before>^[ \t]*(?:(?:install|tests|setup)_requires?\s*=\s*)?)"
    rf"{_REQUIREMENT}(?=\s*(?:[);#\\]|$))",
    re.MULTILINE,
)
"""A requirement of pip and setuptools, and what is skipped: comments and keywords."""
_IN_TOML = re.compile(
    r"(?P<skipped>#.*|^[ \t]*(?:name|description|keywords)\s*=\s*(?:\[[^\]]*\]|.*))"
    rf"|(?P<before>[\"']){_REQUIREMENT}(?=\s*[);\"']|\.\*)",
    re.MULTILINE,
)
"""A requirement or a module in quotes."""
_KEY_OF_TOML = re.compile(
    rf"^(?P<before>[\"']?){_NAME}(?P<is>[\"']?\s*=\s*(?:\{{[^}}\n]*\bversion\s*=\s*)?)"
    r"(?P<quote>[\"'])(?P<version>\*|[\^~=<>!\d][\w.*,^~=<>! ]*)(?P=quote)",
    re.MULTILINE,
)
"""A dependency of Poetry or Pipenv: `cdktf = "^0.21.0"`."""


def names_dependencies(path: PurePath) -> bool:
    """Say whether a file names dependencies, by its name.

    >>> [names_dependencies(PurePath(name)) for name in ("dev-requirements.txt", "notes.txt")]
    [True, False]
    """
    return path.name in ("pyproject.toml", "Pipfile", "setup.cfg", "package.json") or (
        any(fnmatch(path.name, pattern) for pattern in _REQUIREMENTS)
        or (path.parent.name == "requirements" and path.suffix in (".txt", ".in"))
    )


def has_hashes(text: str) -> bool:
    """Say whether a file of requirements has hashes, which only a tool can write."""
    return "--hash=" in text


def migrated(path: PurePath, text: str, versions: PackageVersions) -> str:
    """Return a file of dependencies with CDK Terrain's packages; with hashes, it stays as it is."""
    if path.name == "package.json":
        return _package_json(text, versions)
    if path.suffix == ".toml" or path.name == "Pipfile":
        text = _KEY_OF_TOML.sub(lambda match: _key(match, versions), text)
        return _IN_TOML.sub(lambda match: _requirement(match, versions), text)
    if has_hashes(text):
        return text
    return _IN_A_LINE.sub(lambda match: _requirement(match, versions), text)


def renamed_requirement(text: str, versions: PackageVersions) -> str | None:
    """Return a requirement with a version in CDK Terrain's words; None if the text is another.

    >>> renamed_requirement("cdktf>=0.20,<0.22", {"cdktn": "0.24.0"})
    'cdktn~=0.24.0'
    """
    match = re.fullmatch(rf"(?P<before>){_REQUIREMENT}(?P<rest>[ ]*(?:;.*)?)", text)
    return _requirement(match, versions) + match["rest"] if match and match["specs"] else None


def _requirement(match: re.Match[str], versions: PackageVersions) -> str:
    if match.groupdict().get("skipped"):
        return match[0]
    name = renamed(match["name"]) or match["name"]
    start = match["before"] + name + (match["extras"] or "") + match["space"]
    return start + _specs(match["specs"], name, versions) if match["specs"] else start


def _specs(specs: str, name: str, versions: PackageVersions) -> str:
    version = versions[name.replace("_", "-")]
    return f"=={version}" if "==" in specs and "," not in specs else _compatible(version)


def _compatible(version: str) -> str:
    """Return the range of versions that are compatible with one; before 1.0, patches only.

    >>> _compatible("0.24.0"), _compatible("25.8.1")
    ('~=0.24.0', '~=25.8')
    """
    major, minor, *_ = version.split(".")
    return f"~={version}" if major == "0" else f"~={major}.{minor}"


def _key(match: re.Match[str], versions: PackageVersions) -> str:
    name = renamed(match["name"]) or match["name"]
    said = match["version"]
    if said != "*":
        version = versions[name.replace("_", "-")]
        if said[0] in "^~" and said[1:2] != "=":
            said = said[0] + version
        else:
            said = version if said[0].isdigit() else _specs(said, name, versions)
    return match["before"] + name + match["is"] + match["quote"] + said + match["quote"]


def _package_json(text: str, versions: PackageVersions) -> str:
    """Return npm's file with CDK Terrain's command line, and scripts that run it."""
    new = f"{NEW}-cli"
    text = re.sub(rf'"{OLD}-cli"(?=\s*:)', f'"{new}"', text)
    text = re.sub(rf'(?<="{new}")(\s*:\s*"[\^~]?)\d[^"]*', rf"\g<1>{versions[new]}", text)
    try:
        scripts = json.loads(text).get("scripts", {}).values()
    except (ValueError, AttributeError):
        return text
    for script in scripts:
        command = re.sub(rf"(?<![\w./@-]){OLD}(?=\s|$)", NEW, script)
        text = text.replace(json.dumps(script), json.dumps(command))
    return text
