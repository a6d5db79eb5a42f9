"""Files with dependencies: packages and versions are replaced, and everything else stays."""

import json
from pathlib import Path, PurePath

from ops.migrate.dependency_files import migrated
from ops.migrate.packages import TRIED
from tests.each import each

VERSIONS = {**TRIED, "cdktn-provider-google-beta": "21.1.0"}
CASES = json.loads((Path(__file__).parent / "cases" / "dependency_files.json").read_text("utf-8"))
"""The name of a file, and its text before and after, or a text that stays."""


@each(("name", "before", "after"), CASES["replaced"])
def test_a_dependency_is_replaced(name: str, before: str, after: str) -> None:
    """A second time, there is nothing to replace."""
    assert migrated(PurePath(name), before, VERSIONS) == after
    assert migrated(PurePath(name), after, VERSIONS) == after


@each(("name", "text"), CASES["kept"])
def test_what_is_no_dependency_stays(name: str, text: str) -> None:
    assert migrated(PurePath(name), text, VERSIONS) == text
