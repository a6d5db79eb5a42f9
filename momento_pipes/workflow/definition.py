"""The state machine's definition: from a batch of records to requests in each item's order.

The machine groups the records that share an item or a cache entry. Groups run at the same time. In
a group, the last state of each entry is put or deleted first. Then all messages are published in
the stream's order. A request that Momento refuses becomes a dead letter. After another failure, the
rest of the group is returned as failed, so that it is sent again in the same order.

See AWS: "Using Amazon States Language to define Step Functions workflows", and "Call HTTPS APIs in
Step Functions workflows".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from momento_pipes.mapping.record import Stream
from momento_pipes.workflow.body import as_json
from momento_pipes.workflow.entry import EntryRequests
from momento_pipes.workflow.jsonata import RecordImages, expression, quoted
from momento_pipes.workflow.letter import letter
from momento_pipes.workflow.message import MessageRequests
from momento_pipes.workflow.request import LONGEST_SECONDS

Requests: TypeAlias = EntryRequests | MessageRequests

GROUP, EACH = "Group the records", "Each group"
KEEP, PLAN, NEXT = "Keep the records", "Plan the requests", "Next request"
"""Two states store the records and the steps, because one state may assign at most 256 KiB."""
JUDGE, LETTER = "What the error means", "Send a dead letter"
REST, DONE, STOP = "Leave the rest", "Group done", "Stop for every record"

EXPRESS_SECONDS = 300
"""The longest execution of an Express workflow, and of a pipe with its target, in seconds."""
LETTER_SECONDS = 30
"""The longest time for sending a dead letter, with its retries."""
NO_NEW_REQUEST_AFTER = EXPRESS_SECONDS - 10 - LONGEST_SECONDS - LETTER_SECONDS
"""The seconds after which an execution begins no more requests, so that it ends in time."""
LONGEST_TEXT = 30_000
"""The most characters of a record, or of a body, in a dead letter: SQS allows both together."""
LONGEST_CAUSE = 1_000

BUSY = r"/^States\.(Timeout|Http\.Socket|Http\.StatusCode\.(408|409|425|429|5\d\d))$/"
UNREADABLE = "States.QueryEvaluationError"
"""No request can be made from a record, so a retry would not help."""
REFUSED = r"/^States\.Http\.StatusCode\.(3|4)\d\d$/"
CONCERNS_ALL = r"/^States\.Http\.StatusCode\.(401|403|404|407)$/"


@dataclass(frozen=True, kw_only=True)
class WorkflowParts:
    """The definition's connection, queue and URL of Momento, and the most parallel groups."""

    connection_arn: str
    queue_url: str
    url: str
    concurrency: int


def definition(requests: Sequence[Requests], stream: Stream, parts: WorkflowParts) -> str:
    """Return the definition in Amazon States Language, as JSON."""
    machine = {
        "Comment": "Send the changes of each item to Momento in their order",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": EXPRESS_SECONDS - 10,
        "StartAt": GROUP,
        "States": {
            GROUP: {"Type": "Pass", "Output": expression(groups(requests, stream)), "Next": EACH},
            EACH: {
                **each_group(requests, stream, parts),
                "Output": {"batchItemFailures": FLAT},
                "End": True,
            },
        },
    }
    return as_json(machine)


def each_group(
    requests: Sequence[Requests], stream: Stream, parts: WorkflowParts, *, counted: bool = False
) -> dict[str, Any]:
    """Return the Map that sends the requests of each group of records, without its end.

    The result of a group has the records that were left. If it is `counted`, it has instead how
    many requests were accepted (`sent`), how many became dead letters (`letters`), and how many
    records had no request (`left_out`); and if a record is left, the Map fails with `NOT_TAKEN`.
    """
    tasks = [task for each in requests for task in each.tasks(parts.url)]
    letters = ({"refusals": 0}, {"refusals": "{% $refusals + 1 %}"}) if counted else ({}, {})
    plan = {"steps": expression(_steps(requests, stream)), "step": 0, **letters[0]}
    letter = _letter(parts.queue_url)
    letter["Assign"] |= letters[1]
    done = expression(_COUNTS) if counted else []
    rest = {"Type": "Pass", "Output": expression(_REST), "End": True}
    if counted:
        rest = {"Type": "Fail", "Error": NOT_TAKEN, "Cause": "{% $records[0].eventID %}"}
    return {
        "Type": "Map",
        "Items": "{% $states.input %}",
        "MaxConcurrency": parts.concurrency,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": KEEP,
            "States": {
                KEEP: {
                    "Type": "Pass",
                    "Assign": {"records": "{% $states.input.records %}"},
                    "Output": {},
                    "Next": PLAN,
                },
                PLAN: {"Type": "Pass", "Assign": plan, "Output": {}, "Next": NEXT},
                NEXT: _next([task.name for task in tasks]),
                **{
                    task.name: task.state(
                        connection_arn=parts.connection_arn, following=NEXT, failed=JUDGE
                    )
                    for task in tasks
                },
                JUDGE: _judge([task.name for task in tasks if not task.in_one_cache]),
                LETTER: letter,
                REST: rest,
                DONE: {"Type": "Pass", "Output": done, "End": True},
                STOP: {
                    "Type": "Fail",
                    "Error": "{% $error.Error %}",
                    "Cause": "{% $request.do & ': ' & $error.Cause %}",
                },
            },
        },
    }


NOT_TAKEN = "Bulk.NotTaken"
"""The error after which a page is sent again, later."""
FLAT = "{% [$reduce($states.result, $append, [])] %}"
"""The results of all groups in one list."""
_COUNTS = (
    '[{ "sent": $count($steps) - $refusals, "letters": $refusals,'
    ' "left_out": $count($steps) = 0 ? $count($records) : 0 }]'
)
_REST = (
    "( $first := $min($filter($steps, function($s, $i) { $i >= $step }).record);"
    " [$map($filter($records, function($r, $i) { $i >= $first }), function($r) {"
    ' { "itemIdentifier": $r.eventID } })] )'
)
"""The records of the group, from the first with a step that was not done."""


def _next(names: Sequence[str]) -> dict[str, Any]:
    assign = {
        "request": "{% $steps[$step] %}",
        "record": "{% $records[$steps[$step].record] %}",
    }
    started = "$toMillis($states.context.Execution.StartTime)"
    late = f"$millis() - {started} > {NO_NEW_REQUEST_AFTER * 1_000}"
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": "{% $step >= $count($steps) %}", "Next": DONE},
            {"Condition": expression(late), "Next": REST},
            *(
                {
                    "Condition": expression(f"$steps[$step].do = {quoted(name)}"),
                    "Assign": assign,
                    "Next": name,
                }
                for name in names
            ),
        ],
        "Default": REST,
    }


def _judge(in_many_caches: Sequence[str]) -> dict[str, Any]:
    """Return the state that decides what to do about an error.

    A missing cache concerns every record, except if an item names its cache.
    """
    stop = f"$contains($error.Error, {CONCERNS_ALL})"
    if in_many_caches:
        names = ", ".join(map(quoted, in_many_caches))
        own = f'$request.do in [{names}] and $error.Error = "States.Http.StatusCode.404"'
        stop = f"{stop} and $not({own})"
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": expression(f"$contains($error.Error, {BUSY})"), "Next": REST},
            {"Condition": expression(stop), "Next": STOP},
            {"Condition": expression(f"$contains($error.Error, {REFUSED})"), "Next": LETTER},
            {"Condition": f'{{% $error.Error = "{UNREADABLE}" %}}', "Next": LETTER},
        ],
        "Default": STOP,
    }


def _letter(queue_url: str) -> dict[str, Any]:
    slim = (
        '$merge([$record, { "dynamodb": $sift($record.dynamodb, function($v, $k) {'
        ' $not($k in ["NewImage", "OldImage"]) }) }])'
    )
    record = f"$length($string($record)) > {LONGEST_TEXT} ? {slim} : $record"
    text = f"$length($string($refused.body)) > {LONGEST_TEXT} ? null : $refused.body"
    message = {
        "state": "{% $request.do %}",
        "error": "{% $error.Error %}",
        "cause": expression(f"$substring($error.Cause, 0, {LONGEST_CAUSE})"),
        "request": {
            "method": "{% $refused.method %}",
            "endpoint": "{% $refused.endpoint %}",
            "query": "{% $refused.query %}",
            "body": expression(text),
        },
        "record": expression(record),
    }
    return letter(
        queue_url,
        message,
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": REST}],
        Assign={"step": "{% $step + 1 %}"},
        Output={},
        Next=NEXT,
    )


def _steps(requests: Sequence[Requests], stream: Stream) -> str:
    """Return JSONata for a group's steps: the last step for each entry, then every message.

    A record's deletes come before its puts. So if an item changes from one mapping to another with
    the same entry, the put is the last step.
    """
    images = RecordImages(stream, "$r")
    entries = [each for each in requests if isinstance(each, EntryRequests)]
    count = len(entries)
    changes = [
        *(
            code
            for at, each in enumerate(entries, count)
            for code in each.delete_step(images, "$i", at)
        ),
        *(code for at, each in enumerate(entries) for code in each.put_step(images, "$i", at)),
    ]
    messages = [
        code
        for each in requests
        if isinstance(each, MessageRequests)
        for code in each.steps(images, "$i")
    ]
    lines = [f"$changes := {_of_each(changes)}", f"$messages := {_of_each(messages)}"]
    lines.append(
        "$last := $count($changes) = 0 ? []"
        " : [$each($changes{ entry: $[-1] }, function($step) { $step })^(record, at)]"
    )
    return f"( {'; '.join([*lines, '[$last, $messages]'])} )"


def _of_each(codes: Sequence[str]) -> str:
    if not codes:
        return "[]"
    made = ", ".join(codes)
    return f'[$map($records, function($r, $i) {{ {{ "s": [{made}] }} }}).s]'


def groups(requests: Sequence[Requests], stream: Stream) -> str:
    """Return JSONata for the groups of the input's records, each as `{"records": [...]}`.

    Records share a group if they share an item, or an entry's name before or after the change.
    """
    images = RecordImages(stream, "$r")
    keys = ", ".join(images.value(key, "") for key in stream.keys.attributes)
    item = f"$string([{keys}])"
    entries = [each for each in requests if isinstance(each, EntryRequests)]
    if all(entry.is_of_item for entry in entries):
        grouped = f'$states.input{{ {item.replace("$r.", "$.")}: {{ "records": [$] }} }}'
        return f"[$each({grouped}, function($group) {{ $group }})]"
    names = [item]
    for entry in entries:
        for old in (False, True):
            image = images.old if old else images.new
            name = entry.name_of(images, image)
            names.append(f'{entry.has(images, old=old)} ? "entry " & {name}')
    changes = (
        "$map($states.input, function($r) {"
        f' {{ "names": [{", ".join(names)}], "records": [$r] }} }})'
    )
    joined = (
        "function($groups, $change) {("
        " $tied := $groups[$count(names[$ in $change.names]) > 0];"
        " $apart := $groups[$count(names[$ in $change.names]) = 0];"
        ' [$apart, { "names": $distinct([$tied.names, $change.names]),'
        ' "records": [$tied.records, $change.records] }] )}'
    )
    groups = f"$reduce([{changes}], {joined}, [])"
    return f'[{groups}.{{ "records": records }}]'
