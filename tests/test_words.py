"""`docs/words.md`: each class that it names exists, and no two classes have one name."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from tests.test_architecture import ROOT, sources

PAGE = ROOT / "docs" / "words.md"
CLASS = re.compile(r"`([A-Z][a-z]+[A-Za-z]*)`")
DEFINED = re.compile(r"^ *class (\w+)[(:\[]", re.MULTILINE)
SET = re.compile(r"^(\w+) = ", re.MULTILINE)
TWICE = {"Pipe", "Rule"}
"""AWS's words for what a construct declares and what the engine runs. Both are for users."""


def classes(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each class of these sources, with its file."""
    for path, source in files.items():
        yield from ((name, path) for name in DEFINED.findall(source))


def aliases(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each name that a module sets at its top, such as a type's, with its file."""
    for path, source in files.items():
        yield from ((name, path) for name in SET.findall(source))


def shared(files: Mapping[str, str]) -> dict[str, list[str]]:
    """Return each class name that means several things, with the files that use it."""
    found = defaultdict(list)
    for name, path in classes(files):
        found[name].append(path)
    for name, path in aliases(files):
        if name in found:
            found[name].append(path)
    return {name: paths for name, paths in found.items() if len(paths) > 1}


def product() -> dict[str, str]:
    """Return the sources of the product by their paths."""
    return {path: (ROOT / path).read_text(encoding="utf-8") for path in sources()}


def test_each_class_that_the_page_names_exists() -> None:
    known = {name for name, _ in classes(product())}
    named = set(CLASS.findall(PAGE.read_text(encoding="utf-8")))
    assert named - known == set()
    assert len(named) > 20


def test_no_two_classes_have_one_name() -> None:
    assert shared(product()).keys() == TWICE


def test_a_second_class_of_a_name_is_reported() -> None:
    one = "class Look:\n    class Inner: ..."
    assert shared({"a.py": one, "b.py": "class Looker: ..."}) == {}
    assert shared({"a.py": one, "b.py": "def f():\n    class Inner: ..."}) == {
        "Inner": ["a.py", "b.py"]
    }
    assert shared({"a.py": one, "b.py": "Look = dict[str, str]"}) == {"Look": ["a.py", "b.py"]}
