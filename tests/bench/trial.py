"""How long a workflow's trial run of a record takes, and how long its definition takes to parse.

    python tests/bench/trial.py [--rounds 7]

The workflow puts an entry, deletes it and publishes a message. Redrive, warm, verify and simulate
ask it in this way what it sends for a record.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # run as a script from anywhere

from eventpipes.workflow import StateMachine
from eventpipes.workflow.trial import requests_of
from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    ItemMapping,
    KeySchema,
    Stream,
    TopicMessage,
)
from tests.eventpipes.cases import read_record
from tests.momento_pipes.workflow.machine import text_of
from tests.rounds import asked_rounds, heading, in_turns, line

TIMES = 50
"""How often each is done in a round."""


def definition() -> str:
    """Return the definition of the workflow."""
    location = Attribute("Location")
    values = [Attribute("MaxTemp", "N"), Attribute("MinTemp", "N")]
    entry = CacheEntry(key=location, value=values, ttl=60)
    message = TopicMessage(topic="weather", value=[location, *values])
    return text_of([ItemMapping(cache=entry, topic=message)], Stream(KeySchema(location)))


def milliseconds(work: Callable[[], object]) -> float:
    """Return the mean processor time of doing it."""
    begin = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - begin) / TIMES * 1000


def main() -> None:
    """Measure, and print the table."""
    rounds = asked_rounds("Time the trial run of a workflow.")
    record = read_record("insert")
    text = definition()
    machine = StateMachine.parse(text)
    if len(requests_of(machine, [record]).calls) != 2:
        sys.exit("error: the workflow does not send an entry and a message for the record")
    ways: dict[str, Callable[[], object]] = {
        "trial run": lambda: requests_of(machine, [record]),
        "parse": lambda: StateMachine.parse(text),
    }
    timed = {way: partial(milliseconds, work) for way, work in ways.items()}
    found = in_turns(timed, rounds)
    print(f"processor time in milliseconds, {rounds} alternating rounds of {TIMES}")
    print(heading(12, 8))
    for way, times in found.items():
        print(line(way, times, 12, "8.2f"))


if __name__ == "__main__":
    main()
