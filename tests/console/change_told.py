"""A recorded change as `GET /api/changes/{id}` tells it: its record, and each route's story."""

from typing import Any

from console.cell import Cell
from console.change import Change
from console.detail import detail
from console.routing import Routing
from live.made_record import made_record
from tests.console.recorded import REFUSAL, image
from tests.console.recorded_model import Json, deployed
from tests.console.test_store import attempt


def told(row: Json, letter: str) -> Json:
    """Return the whole of a row; `letter` is the id of the dead letter of a route that failed."""
    key, event = row["key"], row["event_name"]
    item = image(key) | {"TTL": {"N": "0"}}
    old, new = None if event == "INSERT" else item, None if event == "REMOVE" else item
    record = made_record(old, new, {"Location": {"S": key}}) | {"eventID": row["id"]}
    cells = {id_: _cell(id_, cell["state"], row["at"]) for id_, cell in row["cells"].items()}
    keys: Any = record["dynamodb"]["Keys"]
    change = Change(row["id"], row["order"], event, keys, "1", row["at"], record, cells)
    letters = {id_: letter for id_, cell in cells.items() if cell.failed}
    return detail(change, Routing(deployed().routes), letters=letters) | {"row": row}


def _cell(pipe: str, state: str, at: float) -> Cell:
    """Return a cell that has come to a state."""
    attempts = [{"kind": "attempt", **attempt(number, 503)} for number in (1, 2)]
    wait = {"kind": "waiting", "attempt": 1, "most": 4, "why": "HTTP 503"}
    tried = [attempts[0], wait, attempts[1]]
    refused = {"kind": "attempt", **attempt(1, 400, response=REFUSAL)}
    taken = {"kind": "attempt", **attempt(1, 204, response="")}
    end = {"kind": "ended", "outcome": state, "reason": "RetryAttemptsExhausted: HTTP 503"}
    steps: dict[str, list[Json]] = {
        "pending": [],
        "retrying": [*tried, wait | {"attempt": 2}],
        "dead-letter": [*tried, end],
        "refused": [refused, end | {"outcome": "dead-letter", "reason": "HTTP 400"}],
        "filtered": [end | {"reason": ""}],
        "delivered": [taken, end | {"reason": ""}],
    }
    cell = Cell()
    for number, step in enumerate([{"kind": "read"}, *steps[state]], 1):
        cell.apply({"pipe": pipe, "at": at + number / 20} | step)
    return cell
