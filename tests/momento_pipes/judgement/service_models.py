"""The shapes of AWS's service models that synth reads, copied from botocore.

`python -m tests.momento_pipes.judgement.service_models` writes that file again.
"""

import functools
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore

from momento_pipes.judgement.service_models import FILE, OPERATIONS

KEPT = ("type", "min", "max", "pattern", "enum", "required")


def of_botocore() -> dict[str, Any]:
    """Return, by service, each shape that a request of the stacks can have."""
    services = sorted({operation.service for operation in OPERATIONS.values()})
    return {service: dict(sorted(_shapes(service))) for service in services}


@functools.cache
def shapes(service: str) -> Any:
    """Return the shapes of botocore's newest model of a service."""
    folders = Path(botocore.__file__).parent / "data" / service
    newest = max(one for one in folders.iterdir() if one.is_dir()) / "service-2.json.gz"
    return json.loads(gzip.decompress(newest.read_bytes()))["shapes"]


def _shapes(service: str) -> Iterator[tuple[str, Any]]:
    waiting = [each.shape for each in OPERATIONS.values() if each.service == service]
    seen = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        shape = shapes(service)[name]
        kept = {key: shape[key] for key in KEPT if key in shape}
        if "members" in shape:
            kept["members"] = {key: one["shape"] for key, one in shape["members"].items()}
        kept |= {key: shape[key]["shape"] for key in ("member", "key", "value") if key in shape}
        waiting += [*kept.get("members", {}).values()]
        waiting += [kept[key] for key in ("member", "key", "value") if key in kept]
        yield name, kept


def write() -> None:
    """Write the file that synth reads, one shape in each line."""
    services = []
    for service, kept in of_botocore().items():
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in kept.items())
        services.append(f" {json.dumps(service)}: {{\n{lines}\n }}")
    FILE.write_text("{\n" + ",\n".join(services) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
