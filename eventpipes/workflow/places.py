"""Which text that an expression gave is which text of the record."""

from eventpipes.pattern.leaves import PathSteps

_SHORTEST = 2
"""Python keeps one object for each shorter text, so that two of them cannot be told apart."""


class Places:
    """A copy of a record, in which each text is an object of its own.

    JSONata hands a text on as it is, through variables and states. So a text that comes out of an
    expression is the text of a place if it is the same object.
    """

    def __init__(self, record: object) -> None:
        self._paths: dict[int, PathSteps] = {}
        try:
            self.record = self._copy(record, ())
        except RecursionError:  # nothing of it is found then
            self._paths.clear()
            self.record = record

    def path_of(self, value: object) -> PathSteps | None:
        """Return the path of the text in the record that a value is, or None."""
        return self._paths.get(id(value)) if isinstance(value, str) else None

    def has(self, path: PathSteps) -> bool:
        """Say whether the record has a value at a path; JSONata reads a name in all of a list."""
        node = self.record
        for step in path:
            if isinstance(node, list):
                return True
            if not isinstance(node, dict) or step not in node:
                return False
            node = node[step]
        return True

    def _copy(self, value: object, path: PathSteps) -> object:
        match value:
            case dict():
                return {name: self._copy(inner, (*path, name)) for name, inner in value.items()}
            case list():
                return [self._copy(inner, (*path, index)) for index, inner in enumerate(value)]
            case str() if len(value) >= _SHORTEST:
                text = value[:1] + value[1:]
                self._paths[id(text)] = path
                return text
        return value
