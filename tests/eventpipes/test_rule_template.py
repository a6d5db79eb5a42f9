"""Templates of rules: what is delivered, what is not delivered, and what is refused."""

import json

import pytest

from eventpipes import Filtered, InvalidDefinition, InvalidTemplate, Request, Rule, Unprocessable
from tests.each import each
from tests.eventpipes.cases import CASES, Case, read_cases
from tests.eventpipes.test_rule import body, event, rule

FILE = json.loads((CASES / "rule_templates" / "rules.json").read_text(encoding="utf-8"))
EVERY = read_cases("rule_templates")


def made(case: Case) -> Rule:
    """Return a rule that takes every event, with the case's template."""
    paths = FILE["paths"]
    return rule(pattern='{"version":["0"]}', input_template=case["template"], input_paths=paths)


def outcome(case: Case) -> Request | Unprocessable | Filtered:
    """Return the outcome of the file's event."""
    return made(case).process({**event(), "detail": FILE["detail"]})


@each(case=[each for each in EVERY if "text" in each.members])
def test_a_rule_delivers_the_text(case: Case) -> None:
    found = outcome(case)
    assert isinstance(found, Request), found
    assert found.body == case["text"]


@each(case=[each for each in EVERY if "undeliverable" in each.members])
def test_value_that_breaks_the_template_is_not_delivered(case: Case) -> None:
    found = outcome(case)
    assert isinstance(found, Unprocessable), found
    assert "EventBridge delivers nothing" in found.reason


@each(case=[each for each in EVERY if "refused" in each.members])
def test_template_that_put_targets_refuses_is_refused(case: Case) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        made(case)
    cause = caught.value.__cause__
    assert isinstance(cause, InvalidTemplate)
    assert cause.column == case["column"]


def test_event_variable_has_awss_names_in_awss_order() -> None:
    """Recorded on AWS: LocalStack, test_input_transformer_predefined_variables."""
    found = json.loads(body('{"all":<aws.events.event>}'))["all"]
    names = ["id", "account", "detailType", "time", "source", "region", "resources", "version"]
    assert list(found) == names
    assert found["detailType"] == event()["detail-type"]
