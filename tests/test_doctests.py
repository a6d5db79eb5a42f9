"""The examples in docstrings print what they say."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from tests.test_architecture import PACKAGES

ROOT = Path(__file__).resolve().parents[1]
MODULES = [
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for folder in (*PACKAGES, "tests")
    for file in sorted((ROOT / folder).rglob("*.py"))
    if file != Path(__file__)
    and re.search(r"^ *>>> ", file.read_text(encoding="utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    """What differs is on the test's standard output."""
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted, "it has examples, and none was run"
    assert not result.failed
