"""Tells the runner when something changed in the local AWS, so that it need not ask all the time.

`GET /local-cloud/changes?all=N` answers as soon as the number of all changes is not N, and after
`LONG_POLL_SECONDS` at the latest. An answer also has the number of stream records by table
(`records`), and of the requests that may change what the runner reads (`definitions`): pipes,
rules, connections, secrets, state machines, schedules and functions.
"""

import json
import re
import threading
from collections import Counter
from typing import Any, Final

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamShard
from werkzeug.wrappers import Request, Response

from .change_signal import LONG_POLL_SECONDS

_SERVICE: Final = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
_OF_DEFINITIONS: Final = frozenset(
    {"events", "lambda", "pipes", "scheduler", "secretsmanager", "states"}
)
_READS: Final = ("Batch", "Describe", "Get", "List", "Test", "Validate")

DEFINITIONS: Final = ""
"""Stands for the definitions among the names of tables."""

_counts: Final[Counter[str]] = Counter()
_changed: Final = threading.Condition()


def _count(name: str) -> None:
    with _changed:
        _counts[name] += 1
        _changed.notify_all()


def apply() -> None:
    """Count the stream records that moto writes in this process."""
    original = StreamShard.add

    def add(self: StreamShard, old: Item | None, new: Item | None) -> None:
        original(self, old, new)
        _count(self.table.name)

    StreamShard.add = add  # type: ignore[method-assign]  # it is the same, and counts


def note(environ: dict[str, Any]) -> None:
    """Count a request that was answered, if it may have changed a definition."""
    service = _SERVICE.search(environ.get("HTTP_AUTHORIZATION", ""))
    changes = (
        service[1] in _OF_DEFINITIONS if service else environ["PATH_INFO"] == "/moto-api/reset"
    )
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if changes and environ["REQUEST_METHOD"] != "GET" and not operation.startswith(_READS):
        _count(DEFINITIONS)


@Request.application
def answer(request: Request) -> Response:
    """Answer the runner's question."""
    known = request.args.get("all")
    with _changed:
        _changed.wait_for(lambda: str(_counts.total()) != known, LONG_POLL_SECONDS)
        numbers = {
            "all": _counts.total(),
            "definitions": _counts[DEFINITIONS],
            "records": {name: number for name, number in _counts.items() if name != DEFINITIONS},
        }
    return Response(json.dumps(numbers), mimetype="application/json")
