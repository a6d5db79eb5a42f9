"""A change as `GET /api/changes/{id}` tells it: the record, and the story of each route."""

from typing import Any, Final

from tests.console.recorded import REFUSAL, image
from tests.console.recorded_model import FILTER, TEMPLATE, URL, Json

REFUSED: Final = (
    "Momento refused it with 400: ttl_seconds must be 1 to 86400; ttl_seconds comes from"
)
MEND: Final = (
    "Mend the item and write it again: the new change is delivered by itself. Then replay the dead"
    " letter, so that the cache gets what the table has now, or discard it."
)
FAILED: Final = ("refused", "dead-letter", "undelivered")


def told(row: Json, letter: str | None = None) -> Json:
    """Return the whole of a row."""
    record = {
        "eventID": row["id"],
        "eventName": row["event_name"],
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": row["at"],
            "Keys": {"Location": {"S": row["key"]}},
            "NewImage": image(row["key"]) | {"TTL": {"N": "0"}},
            "SequenceNumber": "49590338271490256608559692538361571095921575989136588898",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
    return {
        "row": row,
        "record": record,
        "note": None,
        "routes": {
            route: _story(row, cell, letter if cell["state"] in FAILED else None)
            for route, cell in row["cells"].items()
        },
    }


def _story(row: Json, cell: Json, letter: str | None) -> Json:
    state = cell["state"]
    passes = state != "filtered"
    found: Json = {
        "summary": _summary(state),
        "timeline": list(_timeline(row["at"], cell)),
        "filters": [
            {
                "text": FILTER if passes else '{"eventName": ["REMOVE"]}',
                "matched": passes,
                "clauses": [_clause(row["event_name"], passes)],
            }
        ],
        "template": TEMPLATE if passes else None,
        "request": _request(row["key"]) if passes else None,
        "responses": _responses(row["at"], cell) if passes else [],
        "curl": "curl -X PUT -H \"authorization: $MOMENTO_API_KEY\" 'https://…'"
        if passes
        else None,
    }
    return found | ({"letter": letter} if letter else {})


def _summary(state: str) -> Json:
    said: dict[str, tuple[str, str | None]] = {
        "refused": (
            f"{REFUSED} `TTL` = 0",
            MEND,
        ),
        "dead-letter": (
            "It was given up after 4 attempts. The last answer: 503 Service Unavailable",
            "Replay the dead letter once the cause is gone.",
        ),
        "retrying": ("Attempt 2 of 4 failed: 503.", "It is sent again by itself."),
        "filtered": (
            "The filter leaves it out: it takes REMOVE only, and this change is INSERT.",
            None,
        ),
    }
    cause, then = said.get(state, ("Momento took it.", None))
    attributes = ["TTL"] if state == "refused" else []
    return {"cause": cause, "next": then, "attributes": attributes}


def _clause(event: str, passes: bool) -> Json:  # noqa: FBT001 - a verdict
    wants = ["INSERT", "MODIFY"] if passes else ["REMOVE"]
    return {
        "path": ["eventName"],
        "clause": wants,
        "found": [event],
        "accepted": passes,
        "text": f'eventName is "{event}"' + ("" if passes else '; the filter wants "REMOVE"'),
        "alternative": 0,
    }


def _timeline(at: float, cell: Json) -> Any:
    def bar(label: str, start: float, end: float | None, state: str, text: str = "") -> Json:
        return {
            "label": label,
            "from": at + start,
            "to": end and at + end,
            "state": state,
            "text": text,
        }

    yield bar("stream read", 0, 0.06, "read", "the pipe has read the record")
    match cell["state"]:
        case "refused":
            yield bar("attempt 1", 0.061, 0.066, "failed", "400")
            yield bar("dead letter", 0.066, 0.118, "dead-letter", "final: it is not sent again")
        case "dead-letter" | "retrying":
            yield bar("attempt 1", 0.061, 0.066, "failed", "503")
            yield bar("wait", 0.066, 1.07, "waiting", "503 is sent again")
            yield bar("attempt 2", 1.07, 1.075, "failed", "503")
            yield bar("wait", 1.075, None, "waiting", "503 is sent again")
        case "filtered":
            yield bar("filter", 0.06, 0.061, "filtered")
        case _:
            yield bar("attempt 1", 0.061, 0.07, "delivered", "204")


def _request(key: str) -> Json:
    def piece(text: str, kind: str = "", expression: str = "", path: tuple[str, ...] = ()) -> Json:
        origin = {"kind": kind, "expression": expression, "value": text, "path": list(path)}
        return {"text": text, "origin": {**origin, "absent": False} if kind else None}

    place = ("dynamodb", "NewImage")
    parameter, variable = "query parameter", "template variable"
    return {
        "method": "PUT",
        "url": [
            piece(f"{URL}?key="),
            piece(
                key, parameter, "$.dynamodb.Keys.Location.S", ("dynamodb", "Keys", "Location", "S")
            ),
            piece("&ttl_seconds="),
            piece("0", parameter, "$.dynamodb.NewImage.TTL.N", (*place, "TTL", "N")),
        ],
        "headers": [
            {"name": "Content-Type", "pieces": [piece("application/json")]},
            {"name": "Authorization", "pieces": [piece("***", "connection", "momento-connection")]},
        ],
        "body": [
            piece('{"Location": '),
            piece(
                f'"{key}"', variable, "<$.dynamodb.NewImage.Location.S>", (*place, "Location", "S")
            ),
            piece(', "MaxTemp": '),
            piece('"22"', variable, "<$.dynamodb.NewImage.MaxTemp.N>", (*place, "MaxTemp", "N")),
            piece("}"),
        ],
    }


def _responses(at: float, cell: Json) -> list[Json]:
    refused = cell["state"] == "refused"
    status = 400 if refused else 503 if cell["state"] in ("retrying", "dead-letter") else 204
    tries = 2 if status == 503 else 1
    text = REFUSAL if refused else ""
    return [
        {"attempt": n + 1, "status": status, "text": text, "at": at + n, "seconds": 0.005}
        for n in range(tries)
    ]
