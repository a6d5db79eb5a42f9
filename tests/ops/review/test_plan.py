"""Plans are read as Terraform writes them, and nothing else is taken for one."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.review import read_plan, read_plan_file
from ops.review.plan import Action
from ops.shared.errors import OpsError
from tests.each import each
from tests.ops.review.plans import change, document, plan, real


@each(
    ("words", "action"),
    [
        ("add", Action.CREATE),
        ("change", Action.UPDATE),
        ("destroy", Action.DELETE),
        ("replace", Action.REPLACE),
        ("replace, new one first", Action.REPLACE),
        ("forget", Action.FORGET),
        ("keep", Action.NOTHING),
    ],
)
def test_actions_are_distinguished(words: str, action: Action) -> None:
    assert plan(change("aws_sqs_queue", words, {}, {})).changes[0].action is action


def test_data_sources_do_not_count_as_changes() -> None:
    read = change("aws_caller_identity", "add") | {"mode": "data"}
    assert plan(read).changes == []


def test_the_real_first_plan_adds_fifteen() -> None:
    assert len(real("first").of(Action.CREATE)) == 15


@each(
    ("before", "after", "unknown", "changed"),
    [
        ({"tags": None}, {"tags": {}}, {}, []),
        ({"a": ""}, {"a": None}, {}, []),
        ({"b": [{"c": None, "d": 1}]}, {"b": [{"c": {}, "d": 1}]}, {}, []),
        ({"b": [{"c": [{}]}]}, {"b": [{"c": [None]}]}, {}, []),
        ({"a": False, "b": 0}, {"a": None, "b": None}, {}, ["a", "b"]),
        ({"arn": "a"}, {}, {"arn": True, "b": [{}]}, ["arn"]),
    ],
)
def test_another_empty_value_is_not_a_change_and_false_zero_and_the_unknown_are(
    before: Any, after: Any, unknown: Any, changed: list[str]
) -> None:
    found = plan(change("aws_pipes_pipe", "change", before, after, after_unknown=unknown))
    assert found.changes[0].changed == changed


def test_drift_that_the_stack_causes_itself_is_left_out() -> None:
    own = change(
        "aws_iam_role", "change", {"inline_policy": []}, {"inline_policy": [{"name": "p"}]}
    )
    other = change("aws_iam_role", "change", {"path": "/"}, {"path": "/a/"}, name="other")
    assert [one.address for one in plan(resource_drift=[own, other]).drift] == [
        "aws_iam_role.other"
    ]


@each(
    ("text", "part"),
    [
        ("", "is not a plan (JSONDecodeError"),
        ("[]", "is not a plan"),
        ("{}", "is not a plan (KeyError: 'format_version')"),
        ('{"format_version":"2.0"}', "has the plan format 2.0, and 1.x is known"),
        ('{"format_version":"1.2","errored":true}', "plan that failed: plan again"),
        ('{"format_version":"1.2","resource_changes":[{}]}', "is not a plan"),
        ('{"format_version":"1.0","values":{}}', "is not a plan (KeyError: 'planned_values')"),
        (
            json.dumps(document(change("aws_sqs_queue", "add") | {"change": {"actions": ["no"]}})),
            "is not a plan (KeyError: ('no',))",
        ),
    ],
)
def test_another_file_than_a_plan_is_an_error(text: str, part: str) -> None:
    with pytest.raises(OpsError) as caught:
        read_plan(text, "the file")
    assert part in str(caught.value)
    assert str(caught.value).startswith("the file")


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="cannot be read"):
        read_plan_file(tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"PK\xff\xfe")
    with pytest.raises(OpsError, match="cannot be read"):
        read_plan_file(tmp_path / "bytes")
