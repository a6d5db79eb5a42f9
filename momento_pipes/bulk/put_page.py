"""The Express state machine that puts the items of a segment: read a page, send it, keep the pace.

It works for `seconds` and returns how far it is, so that the Standard state machine that
calls it continues there after any failure.

Its input is `{"segment", "segments", "start", "limit", "seconds"}`: a segment of a parallel scan,
the key where it begins (null: at its beginning), the most items of a page, and how long it works
(`STRETCH_SECONDS`, or less after a call that ended early, and less if most requests are refused).
Its output is `{"start",
"limit", "sent", "letters", "left_out", "again", "cause"}`: the key where to continue (null: the
segment is done), and what became of the items. If `again` is true, Momento did not take the page at
`start`.

See AWS: DynamoDB API, "Scan"; "Step Functions service quotas" (262,144 bytes for a state).
"""

from collections.abc import Sequence
from typing import Any

from momento_pipes.bulk_settings import (
    LARGEST_PAGE,
    MOST_REFUSED,
    STRETCH_SECONDS,
    BulkSettings,
)
from momento_pipes.mapping.record import Stream
from momento_pipes.workflow.body import as_json, object_code
from momento_pipes.workflow.definition import (
    EACH,
    EXPRESS_SECONDS,
    FLAT,
    GROUP,
    NOT_TAKEN,
    WorkflowParts,
    each_group,
    groups,
)
from momento_pipes.workflow.entry import EntryRequests
from momento_pipes.workflow.jsonata import expression, quoted, step
from momento_pipes.workflow.letter import letter
from momento_pipes.workflow.retrier import retrier

BEGIN, READ, FITS, SMALLER = "Begin", "Read a page", "Does it fit", "Read a smaller page"
RECORDS, PACE, NEXT = "Make records", "Keep the pace", "What is next"
KEY, TOO_LARGE = "Read the key only", "Send a letter about the item"
AGAIN, DONE = "Not taken", "Stretch done"

LARGEST_ITEM = 240_000
"""The most bytes of an item's JSON."""
SLOW_SECONDS = 15
"""After a page that took longer, the next one has half as many items."""
BUSY = (
    "DynamoDb.ProvisionedThroughputExceededException",
    "DynamoDb.ThrottlingException",
    "DynamoDb.RequestLimitExceededException",
    "DynamoDb.InternalServerErrorException",
    "DynamoDb.SdkClientException",
)

_TYPED = (
    '$names := { "Bool": "BOOL", "Nul": "NULL", "Ss": "SS", "Ns": "NS", "Bs": "BS" };'
    " $typed := function($value) {( $type := $keys($value)[0]; $inner := $lookup($value, $type);"
    ' $type = "M" ? { "M": $attributes($inner) }'
    ' : $type = "L" ? { "L": [$map($inner, function($v) { $typed($v) })] }'
    " : { $exists($lookup($names, $type)) ? $lookup($names, $type) : $type: $inner } )};"
    " $attributes := function($item) {"
    " $merge([$each($item, function($v, $k) { { $k: $typed($v) } })]) }"
)
"""Functions that name the types as DynamoDB does.

Step Functions' SDK integration returns some of them as the SDK for Java names them.
"""


def put_page(
    requests: Sequence[EntryRequests],
    stream: Stream,
    parts: WorkflowParts,
    *,
    table: str,
    stream_arn: str,
    region: str,
    settings: BulkSettings,
) -> str:
    """Return the definition in Amazon States Language, as JSON."""
    machine = {
        "Comment": "Put the items of a segment of the table into the cache",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": EXPRESS_SECONDS - 10,
        "StartAt": BEGIN,
        "States": {
            BEGIN: _begin(),
            READ: _task(_scan(table, '"Limit": $limit'), SMALLER, FITS),
            FITS: _fits(),
            SMALLER: {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": "{% $limit > 1 %}",
                        "Assign": {"limit": "{% $floor($limit / 2) %}"},
                        "Next": READ,
                    }
                ],
                "Default": KEY,
            },
            KEY: _read_key(table, stream),
            TOO_LARGE: _letter(parts.queue_url),
            RECORDS: {
                "Type": "Pass",
                "Output": expression(_records(stream, stream_arn, region)),
                "Next": GROUP,
            },
            GROUP: {"Type": "Pass", "Output": expression(groups(requests, stream)), "Next": EACH},
            EACH: {
                **each_group(requests, stream, parts, counted=True),
                "Catch": [
                    {
                        "ErrorEquals": [NOT_TAKEN],
                        "Assign": {"cause": "{% $states.errorOutput.Cause %}"},
                        "Output": {},
                        "Next": AGAIN,
                    }
                ],
                "Output": FLAT,
                "Next": PACE,
            },
            PACE: _pace(settings),
            NEXT: _next(),
            AGAIN: _end(settings, again=True),
            DONE: _end(settings, again=False),
        },
    }
    return as_json(machine)


def _begin() -> dict[str, Any]:
    names = ("segment", "segments", "start", "limit")
    given = {name: f"{{% $states.input.{name} %}}" for name in names}
    zeros = {"sent": 0, "letters": 0, "left_out": 0, "began": "{% $millis() %}"}
    seconds = f"$exists($states.input.seconds) ? $states.input.seconds : {STRETCH_SECONDS}"
    assign = {**given, **zeros, "cause": "", "seconds": expression(seconds)}
    return {"Type": "Pass", "Assign": assign, "Output": {}, "Next": READ}


def _scan(table: str, more: str) -> str:
    return expression(
        f'$merge([{{ "TableName": {quoted(table)}, "ConsistentRead": true, "Segment": $segment,'
        f' "TotalSegments": $segments, {more} }},'
        ' $start != null ? { "ExclusiveStartKey": $start } : {}])'
    )


def _task(arguments: str, too_large: str, following: str) -> dict[str, Any]:
    last = "$exists($states.result.LastEvaluatedKey) ? $states.result.LastEvaluatedKey : null"
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:scan",
        "Arguments": arguments,
        "TimeoutSeconds": 20,
        "Retry": [retrier([*BUSY, "States.Timeout"], 5, longest=8)],
        "Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "Output": {}, "Next": too_large}],
        "Assign": {"following": expression(last), "read": "{% $millis() %}"},
        "Output": "{% [$states.result.Items] %}",
        "Next": following,
    }


def _fits() -> dict[str, Any]:
    """Return the state that asks whether the records of the page fit into a state's data.

    A character outside of ASCII has at most three bytes for each of its UTF-16 units.
    """
    size = r'$length($replace($string($states.input), /[^\x00-\x7F]/, "xxx"))'
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": "{% $count($states.input) = 0 %}", "Output": [], "Next": PACE},
            {
                "Condition": expression(
                    f"{size} > ($count($states.input) > 1 ? {LARGEST_PAGE} : {LARGEST_ITEM})"
                ),
                "Assign": {"limit": "{% $min([$limit, $count($states.input)]) %}"},
                "Output": {},
                "Next": SMALLER,
            },
        ],
        "Default": RECORDS,
    }


def _read_key(table: str, stream: Stream) -> dict[str, Any]:
    names = {f"#k{at}": key.name for at, key in enumerate(stream.keys.attributes)}
    asked = (
        f'"Limit": 1, "ProjectionExpression": {quoted(", ".join(names))},'
        f' "ExpressionAttributeNames": {object_code({n: quoted(v) for n, v in names.items()})}'
    )
    state = _task(_scan(table, asked), SMALLER, TOO_LARGE)
    del state["Catch"]
    return state


def _letter(queue_url: str) -> dict[str, Any]:
    """Return the state that sends a dead letter about an item that no state can have.

    It has the form of the letters of the workflow, so that `redrive` reads it.
    """
    message = {
        "state": TOO_LARGE,
        "error": "States.DataLimitExceeded",
        "cause": "the item is too large for Step Functions",
        "request": {"method": "PUT", "endpoint": "", "query": {}, "body": ""},
        "record": {
            "eventID": "{% $string($states.input[0]) %}",
            "eventName": "INSERT",
            "dynamodb": {"Keys": "{% $states.input[0] %}"},
        },
    }
    return letter(queue_url, message, Output=[{"sent": 0, "letters": 1, "left_out": 0}], Next=PACE)


def _records(stream: Stream, stream_arn: str, region: str) -> str:
    """Return JSONata for a record of each item, as the table's stream would have it."""
    keys = {key.name: f"$item.{step(key.name)}" for key in stream.keys.attributes}
    parts = {
        "eventID": f"$string({object_code(keys)})",
        "eventName": '"INSERT"',
        "eventVersion": '"1.1"',
        "eventSource": '"aws:dynamodb"',
        "awsRegion": quoted(region),
        "eventSourceARN": quoted(stream_arn),
        "dynamodb": object_code(
            {
                "ApproximateCreationDateTime": "$now",
                "Keys": object_code(keys),
                "NewImage": "$item",
            }
        ),
    }
    return (
        f"( {_TYPED}; $now := $floor($millis() / 1000);"
        ' $named := $contains($string($states.input), /"(Bool|Nul|Ss|Ns|Bs)":/);'
        " $items := $named ? [$map($states.input, $attributes)] : $states.input;"
        f" [$map($items, function($item) {{ {object_code(parts)} }})] )"
    )


def _pace(settings: BulkSettings) -> dict[str, Any]:
    """Return the state that waits until the page has taken as long as its requests may."""
    number = "$sum([0, $states.input.sent, $states.input.letters])"
    wait = f"{number} / {settings.child_rate:g} - ($millis() - $read) / 1000"
    return {
        "Type": "Wait",
        "Seconds": expression(f"$max([0, $ceil({wait})])"),
        "Next": NEXT,
    }


def _next() -> dict[str, Any]:
    counted = {
        name: f"{{% ${name} + $sum([0, $states.input.{name}]) %}}"
        for name in ("sent", "letters", "left_out")
    }
    slow = f"$millis() - $read > {SLOW_SECONDS * 1_000}"
    limit = expression(f"{slow} ? $max([1, $floor($limit / 2)]) : $limit")
    assign = {**counted, "start": "{% $following %}", "limit": limit}
    late = "$millis() - $began > $seconds * 1000"
    sent, letters = (f"(${name} + $sum([0, $states.input.{name}]))" for name in ("sent", "letters"))
    refused = f"{letters} > $max([{MOST_REFUSED}, {sent}])"
    return {
        "Type": "Choice",
        "Choices": [
            {
                "Condition": expression(f"$following = null or {late} or {refused}"),
                "Assign": assign,
                "Output": {},
                "Next": DONE,
            },
        ],
        "Default": READ,
        "Assign": assign,
        "Output": {},
    }


def _end(settings: BulkSettings, *, again: bool) -> dict[str, Any]:
    counts = {name: f"{{% ${name} %}}" for name in ("sent", "letters", "left_out", "cause")}
    larger = f"$min([{settings.page}, $limit + 10])"
    limit = expression(f"$seconds < {STRETCH_SECONDS} ? $limit : {larger}")
    output = {"start": "{% $start %}", "limit": limit, "again": again, **counts}
    return {"Type": "Pass", "Output": output, "End": True}
