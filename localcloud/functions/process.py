"""The process of a Lambda function: it runs the handler once for each line on standard input.

It runs as `python -I -S process.py CODE HANDLER PACKAGES ANSWERS`.

CODE is the folder with the deployed zip file's content. Of the folder PACKAGES, only what Lambda's
Python runtime contains can be imported: the AWS SDK (Lambda Developer Guide, "Building Lambda
functions with Python"). Each line is an event, and each answer is a line in the open file ANSWERS
(a number): `{"answer": ...}`, or `{}` if the handler failed. The module stays between two events,
as in an execution environment of Lambda. The process ends when standard input ends. This file
imports nothing of the project.
"""

import importlib
import json
import os
import sys
import traceback
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


def main(code: str, handler: str, packages: str, answers: str) -> None:
    """Run the handler for each event, one after the other."""
    events = os.fdopen(os.dup(0), encoding="utf-8")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)  # the handler has no input of its own
    sys.path[:0] = [code]
    sys.path.append(packages)
    sys.meta_path.insert(0, OnlyInLambda(Path(code)))
    module, _, name = handler.rpartition(".")
    handle = getattr(importlib.import_module(module), name)
    with os.fdopen(int(answers), "w", encoding="utf-8") as answer_file:
        for event in events:
            answer = {}
            try:
                answer = {"answer": json.loads(json.dumps(handle(json.loads(event), None)))}
            except Exception:  # noqa: BLE001 - the environment outlives what the handler raises
                sys.stdout.flush()
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            answer_file.write(json.dumps(answer) + "\n")
            answer_file.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
