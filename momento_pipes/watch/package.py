"""The zip file of the watch's function: the same sources always give the same bytes."""

import atexit
import base64
import functools
import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Final

HANDLER: Final = "live.watch.handler.handle"
BULK_HANDLER: Final = "live.bulk.handler.handle"
MODULES: Final = (
    *("__init__", "aws", "body", "converge", "dead_letters", "deployment", "entry_state"),
    *("errors", "items", "kept_connection", "pipelines", "reading", "route", "stream", "table"),
    *("terminal", "whole_key", "workflow_route"),
)
"""The modules of `live` that the function imports; a test compares them with what it imports."""
FOLDERS: Final = ("bulk", "watch")
ENGINE: Final = "eventpipes"
LIBRARY: Final = "jsonata"
INSTALLED: Final = Path(__file__).with_name("function")
"""Where a wheel has the modules of `live`; `packages/hatch_build.py` puts them there."""
_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can have."""
_READABLE: Final = 0o644 << 16


def live_sources() -> Iterator[tuple[str, Path]]:
    """Yield the files of `live`, each with its name in the zip file."""
    root = INSTALLED if INSTALLED.is_dir() else Path(__file__).resolve().parents[2]
    live = [root / "live" / f"{name}.py" for name in MODULES]
    folders = [file for name in FOLDERS for file in (root / "live" / name).glob("*.py")]
    for file in sorted([*live, *folders]):
        yield file.relative_to(root).as_posix(), file


def sources() -> Iterator[tuple[str, Path]]:
    """Yield the files of the function, each with its name in the zip file."""
    yield from _package(ENGINE)
    yield from live_sources()
    yield from _package(LIBRARY)
    for part in distribution("jsonata-python").files or ():
        if "licenses" in part.parts and part.name.upper().startswith("LICEN"):
            yield f"{LIBRARY}/LICENSE", Path(str(part.locate()))
            return


def _package(name: str) -> Iterator[tuple[str, Path]]:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    for file in sorted(folder.rglob("*.py")):
        yield f"{name}/{file.relative_to(folder).as_posix()}", file


@functools.cache
def content() -> bytes:
    """Return the zip file. It is not compressed, because compressors differ between machines."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, file in sources():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr = _READABLE
            entry.create_system = 3  # Unix, also when Windows writes it
            archive.writestr(entry, file.read_bytes())
    return written.getvalue()


def content_hash() -> str:
    """Return the SHA-256 in Base64, as Lambda's `CodeSha256`."""
    return base64.b64encode(hashlib.sha256(content()).digest()).decode()


@functools.cache
def file() -> Path:
    """Return the zip file's path; the file is removed at the end of the process."""
    folder = tempfile.mkdtemp(prefix="watch-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "watch.zip"
    path.write_bytes(content())
    return path
