"""Names of keys in a temporary file, however many there are."""

import sqlite3


class KeyNames:
    """A set of names that is not in memory."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute("CREATE TABLE names (name PRIMARY KEY) WITHOUT ROWID")

    def add(self, name: str) -> None:
        """Take a name, which may be there."""
        self._file.execute("INSERT OR IGNORE INTO names VALUES (?)", (name,))

    def __contains__(self, name: object) -> bool:
        """Return whether the name was added."""
        rows = self._file.execute("SELECT 1 FROM names WHERE name = ?", (name,))
        return rows.fetchone() is not None

    def close(self) -> None:
        """Remove the temporary file."""
        self._file.close()
