"""What `redrive --json` prints."""

from live.errors import LiveError
from live.redrive.replay_results import LetterResult, LetterStatus, RedriveSummary


def test_the_json_counts_each_status_and_names_the_letters_that_were_not_simply_sent() -> None:
    sent, left = (
        LetterResult(status=LetterStatus.SENT, message_id="1", pipe="b", sequence_number="7"),
        LetterResult(
            status=LetterStatus.LEFT,
            message_id="2",
            pipe="a",
            sequence_number="8",
            key="Oslo",
            why="HTTP 503",
        ),
    )
    odd = LetterResult(status=LetterStatus.NO_RECORD, message_id="3")
    summary = RedriveSummary(
        dry_run=False,
        results=[sent, left, sent, odd],
        waiting=5,
        hidden=1,
        halted=LiveError("no answer"),
        not_final=2,
    )
    nothing = {str(status): 0 for status in LetterStatus}
    of_a_pipe = dict.fromkeys(
        ("sent", "converged", "superseded", "unrecoverable", "refused", "left"), 0
    )
    assert summary.as_json() == {
        "dry_run": False,
        "complete": False,
        "interrupted": False,
        "error": "no answer",
        **(nothing | {"sent": 2, "left": 1, "no-record": 1}),
        "pipes": {"a": of_a_pipe | {"left": 1}, "b": of_a_pipe | {"sent": 2}},
        "may_not_be_final": 2,
        "waiting": 5,
        "hidden": 1,
        "letters": [
            {
                "outcome": "left",
                "message_id": "2",
                "pipe": "a",
                "sequence_number": "8",
                "key": "Oslo",
                "why": "HTTP 503",
            },
            {
                "outcome": "no-record",
                "message_id": "3",
                "pipe": "",
                "sequence_number": "",
                "key": "",
                "why": "",
            },
        ],
    }
    assert RedriveSummary(dry_run=True).as_json()["error"] is None
