"""Test cases as data: JSON files below `tests/cases`, and the patterns that prove asks about."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).resolve().parents[1] / "cases"
PATTERNS = Path(__file__).resolve().parents[2] / "ops" / "prove" / "pattern_cases"


@dataclass(frozen=True)
class Case:
    """One case of a file; its members depend on the kind of file."""

    file: str
    name: str
    source: str
    members: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.members[name]

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"


def read_cases(kind: str) -> list[Case]:
    """Return the cases of all files of a kind; the default source is that of the file."""
    found = []
    folder = PATTERNS if kind == "patterns" else CASES / kind
    for file in sorted(folder.glob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        found += [
            Case(file.stem, case["name"], case.get("source", document["source"]), case)
            for case in document["cases"]
        ]
    return found


def read_record(name: str) -> dict[str, Any]:
    """Return a sample record of a DynamoDB stream."""
    text = (CASES / "records" / f"{name}.json").read_text(encoding="utf-8")
    record: dict[str, Any] = json.loads(text)
    return record
