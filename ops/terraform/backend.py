"""The state that a stack's folder was last used with, and the state of its settings now."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PLACE = ("bucket", "key", "region")


def another_state(folder: Path) -> str | None:
    """Return a sentence if the folder was last used with another state, else nothing.

    `terraform init` writes the state that it uses into the folder. Nothing is returned if the
    folder was never used, or if that file cannot be read.
    """
    now = _backend(folder / "cdk.tf.json", "terraform", "backend", "s3")
    was = _backend(folder / ".terraform" / "terraform.tfstate", "backend", "config")
    if not now or not was or all(now.get(name) == was.get(name) for name in _PLACE):
        return None
    return (
        f"the Terraform state is {_place(now)} now, and was {_place(was)} when this folder was last"
        " used. What is in that state stays deployed and still sends requests. To work on it,"
        " set NAME_PREFIX, AWS_REGION, STATE_BUCKET and STATE_KEY as they were"
    )


def _backend(file: Path, *names: str) -> Mapping[str, Any]:
    try:
        backend: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    for name in names:
        backend = backend.get(name) if isinstance(backend, dict) else None
    return backend if isinstance(backend, dict) else {}


def _place(backend: Mapping[str, Any]) -> str:
    return f"s3://{backend.get('bucket')}/{backend.get('key')} in {backend.get('region')}"
