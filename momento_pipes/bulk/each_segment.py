"""The Standard state machines with the distributed Map: a child execution for each segment.

Their input is `{"segments"}`, the number of segments of a parallel scan. Each child goes through
its segment in stretches, each of which is one call, and keeps in its variables where the next one
begins. A child that fails stops the others, and after a redrive each continues where it was.

See AWS: "Using Map state in Distributed mode for large-scale parallel workloads in Step Functions",
"Redriving Map Runs in Step Functions executions".
"""

from collections.abc import Sequence
from typing import Any

from momento_pipes.bulk_settings import (
    MOST_REFUSED,
    PAGE_SECONDS,
    STRETCH_SECONDS,
    BulkSettings,
)
from momento_pipes.workflow.body import as_json, object_code
from momento_pipes.workflow.jsonata import expression, quoted
from momento_pipes.workflow.retrier import retrier

EACH, BEGIN, STRETCH = "Each segment", "Begin", "A stretch"
JUDGE, WAIT, DONE = "What it did", "Wait for Momento", "Segment done"
LEFT = "Let the call end"
MOST_TRIES = 6
"""The most attempts for a page that Momento does not accept. The pauses get longer."""
MOST_EARLY = 6
"""The most calls in a row that may end early. The last one has a stretch of a second."""
TOO_LONG = ("States.Timeout", "Sfn.SdkClientException", "Sandbox.Timedout")
"""The errors of a call that took too long: the next one has half the time and half the items."""
FINAL = ("States.QueryEvaluationError", "WatchError", "UnusableError")
"""The errors after which a call would fail again: what `$error` raises, and two of the function."""
FINAL_CAUSE = r"/^States\.(Http\.StatusCode\.4|Permissions|Runtime|Query)|AccessDenied|NotFound/"
"""The errors of the Express workflow after which it would fail again."""
MOST_WRONG = 200
"""The wrong keys that the result of a segment names; the counts have all of them."""
MOST_WRONG_BYTES = 150_000
"""The most bytes of the wrong keys, with what is wrong, so that they fit into a state's data."""
WARM_COUNTS = ("sent", "letters", "left_out")
VERIFY_COUNTS = ("in_sync", "stale", "missing", "left_out", "changing", "unknown")


def warm(*, page_machine_arn: str, bucket: str, settings: BulkSettings) -> str:
    """Return the definition that puts every item."""
    same = {
        "again": "true",
        "start": "$start",
        "limit": "$limit",
        **dict.fromkeys(WARM_COUNTS, "0"),
    }
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution",
        "Arguments": {
            "StateMachineArn": page_machine_arn,
            "Input": expression(
                '$string({ "segment": $segment, "segments": $segments, "start": $start,'
                ' "limit": $limit, "seconds": $seconds })'
            ),
        },
        "Assign": {
            "made": _judged(
                '$states.result.Status = "SUCCEEDED" ? $parse($states.result.Output)'
                ' : ( $why := $states.result.Error & ": " & $states.result.Cause;'
                f" $match($states.result.Error, {FINAL_CAUSE}) ? $error($why)"
                f" : {object_code(same | {'why': '$why'})} )",
                failed="letters",
                good=("sent",),
                problem=" requests of this segment were refused: see the dead letters.",
            )
        },
    }
    return _machine(
        "Put the items of the table into the cache", call, WARM_COUNTS, bucket, settings
    )


def verify(*, function_arn: str, bucket: str, settings: BulkSettings) -> str:
    """Return the definition that compares every item with the cache."""
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
            "FunctionName": function_arn,
            "Payload": {
                "segment": "{% $segment %}",
                "segments": "{% $segments %}",
                "start": "{% $start %}",
                "seconds": "{% $seconds %}",
            },
        },
        "Assign": {
            "made": _judged(
                "$states.result.Payload",
                failed="unknown",
                good=("in_sync", "stale", "missing", "changing"),
                problem=" keys of this segment could not be compared: `wrong` in the output of the"
                " function has the reasons.",
            )
        },
    }
    return _machine(
        "Compare the table with the cache", call, VERIFY_COUNTS, bucket, settings.of_verify
    )


def _judged(made: str, *, failed: str, good: Sequence[str], problem: str) -> str:
    """Return JSONata that reads a stretch's result. It fails the state if the segment cannot go on.

    A segment cannot go on if Momento does not answer, or if most requests of the segment failed,
    and more than a few. There is no Fail state for this, because a redrive would begin at the Fail
    state and fail again.
    """
    why = '$exists($made.why) ? $made.why : "Momento does not answer, at the item " & $made.cause'
    fine = " + ".join(f"${name} + $made.{name}" for name in good)
    mend = quoted(f"{problem} Mend the cause, deploy, and run the command with --resume")
    most = f'$failed & " of " & ($failed + $fine) & {mend}'
    return expression(
        f"( $made := {made}; $failed := ${failed} + $made.{failed}; $fine := {fine};"
        f" $made.again and $tries + 1 >= {MOST_TRIES} ? $error({why})"
        f" : $failed > $max([{MOST_REFUSED}, $fine]) ? $error({most}) : $made )"
    )


def _machine(
    comment: str, call: dict[str, Any], counts: tuple[str, ...], bucket: str, settings: BulkSettings
) -> str:
    machine = {
        "Comment": comment,
        "QueryLanguage": "JSONata",
        "StartAt": EACH,
        "States": {
            EACH: {
                "Type": "Map",
                "Label": "Segments",
                "Items": "{% [0..$states.input.segments - 1] %}",
                "ItemSelector": {
                    "segment": "{% $states.context.Map.Item.Value %}",
                    "segments": "{% $states.input.segments %}",
                },
                "MaxConcurrency": settings.children,
                "ToleratedFailurePercentage": 0,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": BEGIN,
                    "States": _child(call, counts, settings),
                },
                "ResultWriter": {
                    "Resource": "arn:aws:states:::s3:putObject",
                    "Arguments": {"Bucket": bucket, "Prefix": "results"},
                },
                "End": True,
            }
        },
    }
    return as_json(machine)


def _child(call: dict[str, Any], counts: tuple[str, ...], settings: BulkSettings) -> dict[str, Any]:
    zeros = dict.fromkeys(counts, 0)
    given = {name: f"{{% $states.input.{name} %}}" for name in ("segment", "segments")}
    begin: dict[str, Any] = {
        **given,
        "start": None,
        "limit": settings.page,
        "seconds": STRETCH_SECONDS,
        "left": 0,
        "tries": 0,
        "early": 0,
        **zeros,
        "wrong": [],
    }
    added = {name: f"{{% ${name} + $made.{name} %}}" for name in counts}
    taken = {
        **added,
        "start": "{% $made.start %}",
        "limit": expression(f"$exists($made.limit) ? $made.limit : {settings.page}"),
        "wrong": expression(_named()),
        "early": 0,
    }
    return {
        BEGIN: {"Type": "Pass", "Assign": begin, "Output": {}, "Next": STRETCH},
        STRETCH: _stretch(call),
        LEFT: {"Type": "Wait", "Seconds": "{% $left %}", "Next": STRETCH},
        JUDGE: _judge(taken),
        WAIT: {"Type": "Wait", "Seconds": "{% $power(2, $tries) %}", "Next": STRETCH},
        DONE: {
            "Type": "Pass",
            "Output": {
                "segment": "{% $segment %}",
                **{name: f"{{% ${name} %}}" for name in counts},
                "wrong": "{% $wrong %}",
            },
            "End": True,
        },
    }


def _named() -> str:
    """Return JSONata for the wrong keys that a segment names: of each stretch all, if they fit.

    A state's data may have 262,144 bytes, and no retry takes States.DataLimitExceeded. A character
    outside of ASCII has at most three bytes for each of its UTF-16 units.
    """
    size = r'$length($replace($string($all), /[^\x00-\x7F]/, "xxx"))'
    first = f"[$filter($all, function($v, $i) {{ $i < {MOST_WRONG} }})]"
    return (
        "$count($made.wrong) = 0 ? $wrong : ( $all := $append($wrong, [$made.wrong]);"
        f" {size} > {MOST_WRONG_BYTES} ? $wrong : {first} )"
    )


def _stretch(call: dict[str, Any]) -> dict[str, Any]:
    """Return the state that calls what goes through a stretch of the segment.

    A call that ended early may go on sending on AWS. So the next one waits as long as that may
    last, or all children together would send more than the rate.
    """
    cause = (
        f'"{MOST_EARLY} calls in a row ended early (" & $states.errorOutput.Error & "), the last'
        ' with a stretch of " & $seconds & " s. Run the command again with --resume: the segment'
        ' continues where it was"'
    )
    shorter = {
        "limit": "{% $max([1, $floor($limit / 2)]) %}",
        "seconds": "{% $max([1, $floor($seconds / 2)]) %}",
        "left": f"{{% $seconds + {PAGE_SECONDS} %}}",
        "early": expression(f"$early + 1 >= {MOST_EARLY} ? $error({cause}) : $early + 1"),
    }
    return {
        **call,
        "Catch": [{"ErrorEquals": list(TOO_LONG), "Assign": shorter, "Output": {}, "Next": LEFT}],
        "Retry": [
            {"ErrorEquals": [*TOO_LONG, *FINAL], "MaxAttempts": 0},
            retrier(["Lambda.TooManyRequestsException"], 60, first=5, longest=60),
            retrier(["States.ALL"], 6, first=2, longest=60),
        ],
        "Output": {},
        "Next": JUDGE,
    }


def _judge(taken: dict[str, Any]) -> dict[str, Any]:
    """Return the state that takes what a stretch did, and decides what is next."""
    return {
        "Type": "Choice",
        "Choices": [
            {
                "Condition": "{% $made.again %}",
                "Assign": {**taken, "tries": "{% $tries + 1 %}"},
                "Next": WAIT,
            },
            {
                "Condition": "{% $made.start = null %}",
                "Assign": {**taken, "tries": 0},
                "Next": DONE,
            },
        ],
        "Default": STRETCH,
        "Assign": {**taken, "tries": 0},
    }
