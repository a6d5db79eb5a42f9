"""Each weaker setting is reported by its name, and holds the plan back if data is lost."""

import json
from typing import Any

import pytest

from ops.review.guard import examine
from tests.each import each
from tests.ops.review.plans import change, plan
from tests.ops.review.weaker_cases import ALARM, BLOCKING, LOG, OTHER, TABLE, TOLD, ttl


@each(case=[*BLOCKING, *TOLD])
def test_a_weaker_setting_is_reported_and_holds_back_if_it_loses_data(case: str) -> None:
    kind, before, after, name = (BLOCKING | TOLD)[case]
    found = examine(plan(change(kind, "change", before, after)))
    assert [(one.name, one.blocks) for one in found] == [(name, case in BLOCKING)]


def test_an_alarm_names_its_lost_recipients_and_what_is_later() -> None:
    before = {
        "alarm_name": "late",
        "alarm_actions": ["b", "c"],
        "ok_actions": ["a", "b"],
        "period": 60,
    }
    after = {"alarm_name": "late", "alarm_actions": ["b"], "ok_actions": ["b"], "period": 300}
    said = sorted(one.text for one in examine(plan(change(ALARM, "change", before, after))))
    assert said == [
        "the alarm late sends its messages to fewer recipients, or to none: a, c",
        "the alarm late starts later or less often: period 60 to 300",
    ]


def written(**expressions: Any) -> dict[str, Any]:
    """Return the table's configuration in a plan."""
    resource = {"address": f"{TABLE}.it", "type": TABLE, "expressions": expressions}
    return {"root_module": {"resources": [{"address": "aws_sqs_queue.q"}, resource]}}


LEFT_ON = {
    "left out": ("keep", ttl(enabled=True), written(name={}), ["expiry-left-on"]),
    "left out beside a change": ("change", ttl(enabled=True), written(name={}), ["expiry-left-on"]),
    "written": ("keep", ttl(enabled=True), written(ttl=[{"enabled": {}}]), []),
    "off already": ("keep", ttl(enabled=False), written(name={}), []),
    "never on": ("keep", {}, written(name={}), []),
    "of another module": ("keep", ttl(enabled=True), {"root_module": {}}, []),
    "of no configuration": ("keep", ttl(enabled=True), {}, []),
}


@each(case=LEFT_ON)
def test_a_ttl_that_stays_on_is_reported_without_a_planned_change(case: str) -> None:
    """Seen: the provider does not change the TTL if the configuration has no block `ttl`."""
    action, values, configuration, expected = LEFT_ON[case]
    found = examine(plan(change(TABLE, action, values, values), configuration=configuration))
    assert [one.name for one in found] == expected
    for one in found:
        assert not one.blocks
        assert "continues to delete items by Until" in one.text
        assert 'write expires=NoLonger(Attribute("Until", "N"))' in one.instead


@each(case=[*BLOCKING, *TOLD])
def test_a_new_resource_with_a_weak_setting_loses_nothing(case: str) -> None:
    """The exception is a new pipe in an empty state, which is a loss of its own."""
    kind, _, after, _ = (BLOCKING | TOLD)[case]
    found = examine(plan(change(kind, "add", None, after)))
    assert [one.name for one in found if one.name != "empty"] == []


@each(case=[*BLOCKING, *TOLD])
def test_an_unchanged_setting_loses_nothing(case: str) -> None:
    kind, _, after, _ = (BLOCKING | TOLD)[case]
    assert examine(plan(change(kind, "change", after, after))) == []


BOTH_WAYS = {
    *("a view narrowed", "a workflow that a pipe cannot wait for"),
    *("a role that pipes may no longer take", "expiry off", "expiry on", "expiry taken out"),
    "no bounds",
}
"""Changes whose way back loses something too, in most cases something else."""


@each(case=[one for one in BLOCKING | TOLD if one not in OTHER])
def test_a_stronger_setting_loses_nothing(case: str) -> None:
    kind, before, after, name = (BLOCKING | TOLD)[case]
    found = [one.name for one in examine(plan(change(kind, "change", after, before)))]
    assert found == [] or case in BOTH_WAYS
    assert name not in found or case in BLOCKING


@pytest.mark.parametrize("attribute", ["policy", "retention_in_days", "kms_key_id"])
def test_a_value_known_only_after_apply_loses_nothing(attribute: str) -> None:
    made = change(LOG, "change", {attribute: 90}, {}, after_unknown={attribute: True})
    assert examine(plan(made)) == []


@pytest.mark.parametrize(
    ("principal", "who"),
    [
        ({"AWS": "arn:aws:iam::999999999999:root"}, "AWS arn:aws:iam::999999999999:root"),
        ({"Service": ["pipes.amazonaws.com", "ec2.amazonaws.com"]}, "ec2.amazonaws.com"),
        ({"Federated": "accounts.google.com"}, "Federated accounts.google.com"),
        ("*", "*"),
    ],
)
@pytest.mark.parametrize("action", ["add", "change"])
def test_a_role_that_somebody_else_may_assume_holds_back(
    action: str, principal: object, who: str
) -> None:
    """IAM has no condition on the text of a trust policy, so the guard reads it."""
    sides = [
        {"assume_role_policy": json.dumps({"Statement": [{"Effect": "Allow", "Principal": one}]})}
        for one in ({"Service": "pipes.amazonaws.com"}, principal)
    ]
    before = None if action == "add" else sides[0]
    found = examine(plan(change("aws_iam_role", action, before, sides[1])))
    (loss,) = (one for one in found if one.name != "distrusted")
    assert (loss.name, loss.blocks) == ("trusts-others", True)
    assert f"may be assumed by {who}: " in loss.text
