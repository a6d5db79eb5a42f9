"""The process of a Lambda function.

It runs as `python -I -S function_process.py CODE HANDLER PACKAGES ANSWER`.

CODE is the folder with the deployed zip file's content. Of the folder PACKAGES, only what Lambda's
Python runtime contains can be imported: the AWS SDK (Lambda Developer Guide, "Building Lambda
functions with Python"). The event comes on standard input, and the answer is written to the file
ANSWER. This file imports nothing of the project.
"""

import importlib
import json
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

RUNTIME = frozenset({"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"})
"""boto3 and what it needs."""


class OnlyInLambda:
    """Refuses a module that neither the code, nor Python, nor Lambda's runtime contains."""

    def __init__(self, code: Path) -> None:
        own = {path.name.removesuffix(".py") for path in code.iterdir()}
        self._known = own | RUNTIME | sys.stdlib_module_names

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise ModuleNotFoundError, or leave it to the next finder."""
        del path, target
        if name.partition(".")[0] not in self._known:
            raise ModuleNotFoundError(f"Unable to import module: No module named {name!r}")
        return None


def main(code: str, handler: str, packages: str, answer: str) -> None:
    """Run the handler once."""
    sys.path[:0] = [code]
    sys.path.append(packages)
    sys.meta_path.insert(0, OnlyInLambda(Path(code)))
    module, _, name = handler.rpartition(".")
    answered = getattr(importlib.import_module(module), name)(json.load(sys.stdin), None)
    Path(answer).write_text(json.dumps(answered), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
