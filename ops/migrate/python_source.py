"""CDKTF's packages in Python source: imports, the names that they bind, and names in strings.

Only these names are replaced, each at its place, so every other character of the file stays. A
string is replaced if it is given to what imports (`import_module("cdktf")`), if it is the name of a
provider's bindings or is listed beside one, or if it is a requirement with a version. Comments and
other strings stay.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from ops.migrate.dependency_files import PackageVersions, renamed_requirement
from ops.migrate.packages import OLD, is_of_a_provider, renamed

_IMPORTING = frozenset(
    (
        *("__import__", "find_spec", "import_module", "importorskip", "run_module"),
        *("distribution", "files", "metadata", "requires", "version"),
        *("delattr", "patch", "setattr"),
    )
)
"""The functions whose first argument may name a module, a package, or something in a module."""


class SourceError(Exception):
    """The file is not Python that can be read. The message has the line and the reason."""


@dataclass(frozen=True, order=True)
class _Edit:
    """What replaces the bytes from `start` to `end`."""

    start: int
    end: int
    text: str


def migrated(source: bytes, versions: PackageVersions) -> bytes:
    """Return Python source with CDK Terrain's names instead of CDKTF's.

    Raises:
        SourceError: it is not Python, or a name is bound in a way that could not be followed.

    """
    if OLD.encode() not in source:
        return source
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        text = source.decode(encoding)
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise SourceError(f"line {line}: {getattr(error, 'msg', error)}") from None
    edited = text.encode()
    for edit in sorted(set(_File(edited, tree, versions).edits()), reverse=True):
        edited = edited[: edit.start] + edit.text.encode() + edited[edit.end :]
    return edited.decode().encode(encoding)


def string_lines(text: str) -> Iterator[int]:
    """Yield the numbers of the lines with strings, without docstrings; none if it is not Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node not in alone:
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


class _File:
    """The source of a file in UTF-8, and its syntax tree, whose columns count bytes of UTF-8."""

    def __init__(self, source: bytes, tree: ast.Module, versions: PackageVersions) -> None:
        self._source = source
        self._tree = tree
        self._versions = versions
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def edits(self) -> Iterator[_Edit]:
        """Yield the edits; some may come twice."""
        yield from self._imports()
        for node in ast.walk(self._tree):
            match node:
                case ast.Call(args=[first, *_]) if _function(node) in _IMPORTING:
                    yield from self._string(first, alone=True)
                case ast.Subscript(value=ast.Attribute(attr="modules"), slice=key):
                    yield from self._string(key, alone=True)
                case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                    yield from self._listed(parts)
                case ast.Dict(keys=keys):
                    yield from self._listed([key for key in keys if key])
                case ast.Constant():
                    yield from self._string(node, alone=False)

    def _imports(self) -> Iterator[_Edit]:
        plain: list[ast.alias] = []
        for node in ast.walk(self._tree):
            match node:
                case ast.Import(names=names):
                    for alias in (name for name in names if renamed(name.name)):
                        yield self._name(self._start(alias), _root(alias.name))
                        plain += [] if alias.asname else [alias]
                case ast.ImportFrom(module=str(module), level=0) if renamed(module):
                    keyword = re.compile(rb"from[\s\\]+").match(self._source, self._start(node))
                    assert keyword
                    yield self._name(keyword.end(), _root(module))
        for name in {_root(alias.name) for alias in plain}:
            yield from self._uses(name, [alias for alias in plain if _root(alias.name) == name])

    def _uses(self, name: str, imports: list[ast.alias]) -> Iterator[_Edit]:
        """Yield the edits of the places that use a name which a plain import binds.

        Where something else binds the name as well, or exports it, the import keeps it:
        `import cdktn as cdktf`.
        """
        uses = [self._start(load) for load in _loads(self._tree, name)]
        # Before Python 3.12, the place of a name in an f-string may be wrong.
        placed = all(self._source.startswith(name.encode(), use) for use in uses)
        if placed and not any(_binds(node, name) for node in ast.walk(self._tree)):
            yield from (self._name(use, name) for use in uses)
            yield from self._annotations(name)
            return
        for alias in imports:
            if alias.name != name:
                raise SourceError(
                    f"line {alias.lineno}: {name} is bound twice in this file; write"
                    f" `from {alias.name} import ...` instead of `import {alias.name}`"
                )
            yield _Edit(self._end(alias), self._end(alias), f" as {name}")

    def _annotations(self, name: str) -> Iterator[_Edit]:
        """Yield the edits of annotations that are strings, such as `"Iterator[cdktf.App]"`."""
        for node in ast.walk(self._tree):
            for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
                for part in ast.walk(annotation) if isinstance(annotation, ast.expr) else ():
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        start, end = self._start(part), self._end(part)
                        for match in re.finditer(
                            rb"(?<![\w.])%s(?=\.)" % name.encode(), self._source[start:end]
                        ):
                            yield self._name(start + match.start(), name)

    def _listed(self, parts: list[ast.expr]) -> Iterator[_Edit]:
        """Yield the edits of a list of names: with a provider's among them, it lists packages."""
        values = [part.value for part in parts if isinstance(part, ast.Constant)]
        if any(isinstance(value, str) and is_of_a_provider(value) for value in values):
            for part in parts:
                yield from self._string(part, alone=True)

    def _string(self, node: ast.expr, *, alone: bool) -> Iterator[_Edit]:
        """Yield the edit of a string that is a name; `alone` if the library's name is enough."""
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            return
        new = renamed(node.value) if alone or is_of_a_provider(node.value) else None
        new = new or renamed_requirement(node.value, self._versions)
        if not new:
            return
        start, end = self._start(node), self._end(node)
        literal = re.compile(
            rb"""([rRuU]?(?:'''|\"""|'|"))%s['"]""" % re.escape(node.value.encode())
        ).match(self._source, start, end)
        if literal:  # a part of an f-string has another place
            at = start + len(literal[1])
            yield _Edit(at, at + len(node.value.encode()), new)

    def _name(self, start: int, name: str) -> _Edit:
        return _Edit(start, start + len(name), renamed(name) or name)

    def _start(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        return self._lines[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)


def _root(name: str) -> str:
    return name.partition(".")[0]


def _function(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _loads(tree: ast.Module, name: str) -> list[ast.Name]:
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return [node for node in names if node.id == name and isinstance(node.ctx, ast.Load)]


def _binds(node: ast.AST, name: str) -> bool:
    """Say whether a node gives a name another meaning than its plain import, or exports it."""
    match node:
        case ast.Name(id=bound, ctx=ast.Store() | ast.Del()):
            return bound == name
        case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
            return any(
                isinstance(part, ast.Constant) and part.value == name for part in ast.walk(value)
            )
        case ast.ImportFrom(names=names) | ast.Global(names=names) | ast.Nonlocal(names=names):
            return name in [
                getattr(alias, "asname", alias) or getattr(alias, "name", alias) for alias in names
            ]
        case ast.Import(names=names):
            return name in [alias.asname for alias in names]
    others = [getattr(node, field, None) for field in ("arg", "name", "rest")]
    return not isinstance(node, ast.keyword | ast.alias) and name in others
