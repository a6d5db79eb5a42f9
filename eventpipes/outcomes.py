"""What a synthesized stack does with a stream record."""

import json
from collections.abc import Mapping
from typing import Any

from eventpipes.outcome import Outcome
from eventpipes.pipe import Pipe
from eventpipes.rule import Rule
from eventpipes.synthesized import definitions, rules
from eventpipes.way import Way, rules_behind


def outcomes(document: str | Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Outcome]:
    """Return the outcome of a record in each pipe by the pipe's name, without sending anything.

    `document` is the stack's JSON, as `Testing.synth` returns it. For a pipe to an event bus with
    rules, there are the outcomes in the rules, by the rules' names. A workflow's outcome is
    `Requests`, those of other pipes and rules are a `Request`; both can be `Filtered` or
    `Unprocessable`. Disabled rules are left out: they get no event. Every pipe gets the record,
    even if it reads another table's stream.

    Raises:
        EventPipesError: AWS or Terraform would refuse a pipe or a rule.

    """
    parsed = json.loads(document) if isinstance(document, str) else document
    all_rules = rules(parsed)
    outcomes: dict[str, Outcome] = {}
    for definition in definitions(parsed):
        pipe = Pipe(definition)
        behind = [rule for rule in rules_behind(definition, all_rules) if rule.state == "ENABLED"]
        ways = [Way(pipe, Rule(rule)) for rule in behind] or [Way(pipe)]
        outcomes |= {way.definition.name: way.process(record) for way in ways}
    return outcomes
