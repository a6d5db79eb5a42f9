"""The trimmed assembly: its contents, when it is built again, and what it refuses.

A package of two modules stands for the real one, whose trimming takes seconds.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from momento_pipes.bindings import assembly
from momento_pipes.bindings.assembly import (
    NAME,
    AssemblyError,
    build,
    source_archive,
    trimmed_archive,
    version_of,
)

QUEUE = f"{NAME}.sqsQueue.SqsQueue"
ROLE = f"{NAME}.iamRole.IamRole"
TYPES: dict[str, Any] = {
    "name": NAME,
    "readme": {"markdown": "long"},
    "submodules": {f"{NAME}.sqsQueue": {}, f"{NAME}.iamRole": {}},
    "types": {QUEUE: {"fqn": QUEUE}, ROLE: {"fqn": ROLE}},
}
FILES = {
    "package/package.json": b'{"name":"aws"}',
    "package/.jsii": json.dumps(TYPES).encode(),
    "package/README.md": b"long",
    "package/lib/index.js": b"all of them",
    "package/lib/sqs-queue/index.js": b"queue",
    "package/lib/sqs-queue/index.d.ts": b"types",
    "package/lib/iam-role/index.js": b"role",
}


def _pack(path: Path, files: Mapping[str, bytes | None]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            if content is not None:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return path


def _unpack(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        files = {member.name: archive.extractfile(member) for member in archive}
        return {name: file.read() for name, file in files.items() if file}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return the archive of a package of two modules."""
    return _pack(tmp_path / "provider-aws@1.2.3.jsii.tgz", FILES)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return a cache folder that does not exist yet."""
    return tmp_path / "not" / "yet"


def test_only_the_modules_in_use_are_kept(source: Path) -> None:
    files = _unpack(build(source, ["sqs_queue"]))
    assert files.keys() == {
        "package/package.json",
        "package/.jsii",
        "package/lib/index.js",
        "package/lib/sqs-queue/index.js",
    }
    assert files["package/package.json"] == FILES["package/package.json"]
    assert files["package/lib/sqs-queue/index.js"] == b"queue"
    index = files["package/lib/index.js"].decode()
    assert index.splitlines()[2:] == ['exports.sqsQueue = require("./sqs-queue/index.js");']
    assert json.loads(files["package/.jsii"]) == {
        "name": NAME,
        "submodules": {f"{NAME}.sqsQueue": {}},
        "types": {QUEUE: {"fqn": QUEUE}},
    }


def test_a_module_that_is_not_in_the_package_is_named(source: Path) -> None:
    with pytest.raises(AssemblyError, match=r"do not have package/lib/no-such-module/$"):
        build(source, ["sqs_queue", "no_such_module"])


def test_a_module_whose_types_are_referred_to_is_kept_as_well(tmp_path: Path) -> None:
    """Without it, node would fail later and less clearly."""
    types = TYPES["types"] | {QUEUE: {"fqn": QUEUE, "returns": {"fqn": ROLE}}}
    files = _unpack(build(_with_types(tmp_path, types), ["sqs_queue"]))
    assert json.loads(files["package/.jsii"])["types"] == types
    assert files["package/lib/iam-role/index.js"] == b"role"
    assert files["package/lib/index.js"].decode().splitlines()[2:] == [
        'exports.sqsQueue = require("./sqs-queue/index.js");',
        'exports.iamRole = require("./iam-role/index.js");',
    ]


def test_modules_that_refer_to_each_other_are_kept_once(tmp_path: Path) -> None:
    types = {
        QUEUE: {"fqn": QUEUE, "returns": {"fqn": ROLE}},
        ROLE: {"fqn": ROLE, "returns": {"fqn": QUEUE}},
    }
    files = _unpack(build(_with_types(tmp_path, types), ["sqs_queue"]))
    assert json.loads(files["package/.jsii"])["types"] == types
    assert len(files["package/lib/index.js"].decode().splitlines()[2:]) == 2


@pytest.mark.parametrize(
    ("reference", "folder"),
    [(f"{NAME}.sqsKey.SqsKey", "sqs-key"), (f"{NAME}.Nowhere", "-nowhere")],
    ids=["in no module", "in the package itself"],
)
def test_a_type_that_is_not_in_the_package_is_refused(
    tmp_path: Path, reference: str, folder: str
) -> None:
    types = {QUEUE: {"fqn": QUEUE, "returns": {"fqn": reference}}}
    with pytest.raises(AssemblyError, match=f"do not have package/lib/{folder}/$"):
        build(_with_types(tmp_path, types), ["sqs_queue"])


def _with_types(folder: Path, types: Mapping[str, Any]) -> Path:
    """Return the archive of a package whose types are these."""
    changed = json.dumps({**TYPES, "types": types}).encode()
    return _pack(folder / "provider-aws@1.jsii.tgz", {**FILES, "package/.jsii": changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"package/.jsii": None},
        {"package/lib/index.js": None},
        {"package/package.json": None},
        {"package/.jsii": b"not JSON"},
        {"package/.jsii": b"{}"},
    ],
    ids=["no types", "no index", "no package.json", "types that are no JSON", "empty types"],
)
def test_a_package_of_another_layout_is_refused(
    tmp_path: Path, changed: dict[str, bytes | None]
) -> None:
    strange = _pack(tmp_path / "provider-aws@1.jsii.tgz", {**FILES, **changed})
    with pytest.raises(AssemblyError):
        build(strange, ["sqs_queue"])


@pytest.mark.parametrize("damage", ["empty", "text", "truncated"])
def test_a_damaged_package_is_refused_by_name(source: Path, damage: str) -> None:
    whole = source.read_bytes()
    source.write_bytes({"empty": b"", "text": b"<html>", "truncated": whole[:-80]}[damage])
    with pytest.raises(AssemblyError, match=r"^provider-aws@1.2.3.jsii.tgz does not have the"):
        build(source, ["sqs_queue"])


@pytest.mark.parametrize("versions", [[], ["1.2.3", "1.2.4"]], ids=["none", "two"])
def test_the_installed_bindings_carry_exactly_one_archive(
    tmp_path: Path, versions: list[str]
) -> None:
    (tmp_path / "_jsii").mkdir()
    for version in versions:
        (tmp_path / "_jsii" / f"provider-aws@{version}.jsii.tgz").touch()
    with pytest.raises(AssemblyError, match=f"have {len(versions)} assemblies instead of one"):
        source_archive(tmp_path)


def test_the_version_is_in_the_archives_name(tmp_path: Path) -> None:
    archive = tmp_path / "_jsii" / "provider-aws@21.22.1.jsii.tgz"
    archive.parent.mkdir()
    archive.touch()
    assert version_of(source_archive(tmp_path)) == "21.22.1"


def test_an_archive_is_built_once(
    source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = trimmed_archive(source, ["sqs_queue"], cache)
    content = first.read_bytes()
    monkeypatch.setattr(assembly, "build", lambda *_: pytest.fail("it was built again"))
    assert trimmed_archive(source, ["sqs_queue"], cache) == first
    assert first.read_bytes() == content


@pytest.mark.parametrize("suffix", [".tgz", ".sha256"])
@pytest.mark.parametrize("damage", [b"", b"\xff\xfe damaged", None], ids=["empty", "other", "gone"])
def test_a_damaged_archive_or_digest_is_built_again(
    source: Path, cache: Path, suffix: str, damage: bytes | None
) -> None:
    archive = trimmed_archive(source, ["sqs_queue"], cache)
    victim = archive.with_suffix(suffix)
    victim.unlink()
    if damage is not None:
        victim.write_bytes(damage)
    assert trimmed_archive(source, ["sqs_queue"], cache) == archive
    assert "package/lib/sqs-queue/index.js" in _unpack(archive.read_bytes())
    digest = archive.with_suffix(".sha256").read_text()
    assert digest == hashlib.sha256(archive.read_bytes()).hexdigest()


def test_the_caches_key_follows_version_modules_and_format(
    source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = ["sqs_queue", "iam_role"]
    first = trimmed_archive(source, both, cache)
    assert trimmed_archive(source, both[::-1], cache) == first, "their order is no difference"
    others = [
        trimmed_archive(source, ["sqs_queue"], cache),
        trimmed_archive(_pack(source.with_name("provider-aws@1.2.4.jsii.tgz"), FILES), both, cache),
    ]
    monkeypatch.setattr(assembly, "FORMAT", assembly.FORMAT + 1)
    others.append(trimmed_archive(source, both, cache))
    assert len({first, *others}) == 4
    assert first.is_file()


def test_a_write_that_fails_leaves_nothing_behind(
    source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        trimmed_archive(source, ["sqs_queue"], cache)
    assert not list(cache.iterdir())
