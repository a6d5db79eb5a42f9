"""No secret reaches a review, wherever in the plan it stands."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from ops.review import read_plan, review
from ops.review.masking import AFTER_APPLY, EVERYWHERE, NOT_SHOWN, SHOWN, scrub, secrets, shown
from tests.each import each
from tests.ops.review.plans import FOLDER, KEYS, change, plan, real

PLANTED = "planted-3-in-every-sensitive-place"


def documents() -> dict[str, Any]:
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*.json"))
    }


@pytest.mark.parametrize("name", documents())
def test_a_real_plan_holds_the_key_and_its_review_does_not(name: str) -> None:
    assert any(key in (FOLDER / f"{name}.json").read_text(encoding="utf-8") for key in KEYS)
    text = review(real(name)).markdown
    assert not any(key in text for key in KEYS)


def sensitive_places(document: Any) -> list[tuple[Any, ...]]:
    """Return where a change, drift, an output or a state holds what Terraform calls sensitive."""
    found = []
    changes: list[tuple[tuple[Any, ...], Any]] = [
        (("resource_changes", index, "change"), one["change"])
        for index, one in enumerate(document.get("resource_changes", []))
    ]
    changes += [
        (("output_changes", name), one) for name, one in document.get("output_changes", {}).items()
    ]
    for path, one in changes:
        for side in ("before", "after"):
            found += [(*path, side, *mark) for mark in marked(one.get(f"{side}_sensitive"))]
    found += [("variables", name, "value") for name in document.get("variables", {})]
    return found


def marked(marks: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if marks is True:
        yield path
    elif isinstance(marks, dict):
        for name, one in marks.items():
            yield from marked(one, (*path, name))
    elif isinstance(marks, list):
        for index, one in enumerate(marks):
            yield from marked(one, (*path, index))


def plant(document: Any, path: tuple[Any, ...]) -> bool:
    """Put the planted text at a path, if there is something."""
    *above, last = path
    for step in above:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return False
    if not isinstance(document, dict | list):
        return False
    try:
        document[last] = PLANTED
    except IndexError:
        return False
    return True


@pytest.mark.parametrize("name", documents())
def test_secrets_in_every_sensitive_place_are_not_in_the_review(name: str) -> None:
    document = copy.deepcopy(documents()[name])
    planted = [path for path in sensitive_places(document) if plant(document, path)]
    assert len(planted) > 5
    assert PLANTED not in review(read_plan(json.dumps(document), name)).markdown


def test_a_secret_that_is_copied_to_a_listed_attribute_is_taken_out() -> None:
    found = plan(
        change("aws_sqs_queue", "add", None, {"name": f"queue-{PLANTED}"}),
        variables={"momento_api_key": {"value": PLANTED}},
        configuration={"root_module": {"variables": {"momento_api_key": {"sensitive": True}}}},
    )
    text = review(found).markdown
    assert PLANTED not in text
    assert "queue-***" in text


@pytest.mark.parametrize("secret", ['pl"ant\\ed', "pl<an>&ted", "p|l*a_n`ted#@[]", "plänted ü"])
def test_a_secret_is_found_however_it_is_written(secret: str) -> None:
    """In a text, in JSON, in the URL of a request, in what the engine says of a pipe."""
    holding = {
        "name": secret,
        "description": json.dumps({"key": secret}),
        "arn": f"https://momento.example?key={quote(secret, safe='')}",
        "tags": {secret: secret},
    }
    found = plan(
        change("aws_sqs_queue", "change", {"name": "old"}, holding),
        output_changes={
            "told": {"actions": ["create"], "before": None, "after": "x" * 150 + secret}
        },
        variables={"momento_api_key": {"value": secret}},
    )
    text = review(found).markdown
    parts = re.split(r"\W+", secret)
    assert not [part for part in parts if len(part) > 3 and part in text]
    assert text.count("***") >= 5


def test_no_line_of_a_secret_is_shown() -> None:
    """A long value is shown as a diff, which begins each line with a sign of its own."""
    secret = "-----BEGIN KEY-----\nplanted line one\nplanted line two\n" + "x" * 80
    found = plan(
        change("aws_sqs_queue", "change", {"description": "old"}, {"description": secret}),
        variables={"key": {"value": secret}},
    )
    assert "planted" not in review(found).markdown


def test_a_blank_secret_hides_no_other_text() -> None:
    assert scrub("a page about a plan", ["    ", "   a\n"]) == "a page about a plan"


def test_a_secret_of_a_module_s_resource_is_known() -> None:
    module = {
        "address": "module.a",
        "child_modules": [
            {"resources": [{"values": {"key": PLANTED}, "sensitive_values": {"key": True}}]}
        ],
    }
    planned = {"root_module": {"child_modules": [module]}}
    assert secrets(plan(planned_values=planned)) == {PLANTED}


@each(later=[{}, {"c": True}])
def test_a_marked_part_of_a_listed_attribute_is_not_shown(later: dict[str, bool]) -> None:
    """Also where others are known after apply only."""
    found = plan(
        change(
            "aws_pipes_pipe",
            "change",
            {"target_parameters": [{"a": "old", "b": "1"} | dict.fromkeys(later, "2")]},
            {"target_parameters": [{"a": PLANTED, "b": "2"}]},
            after_sensitive={"target_parameters": [{"a": True}]},
            after_unknown={"target_parameters": [later]},
        )
    )
    value = shown(found.changes[0], "target_parameters", found.changes[0].after)
    assert value == [{"a": NOT_SHOWN, "b": "2"} | dict.fromkeys(later, AFTER_APPLY)]
    assert PLANTED not in review(found).markdown


@each(
    ("kind", "attribute"),
    [
        ("aws_cloudwatch_event_connection", "auth_parameters"),
        ("aws_secretsmanager_secret_version", "secret_string"),
        ("aws_secretsmanager_secret_version", "secret_string_wo"),
        ("aws_sqs_queue", "an_attribute_of_a_later_provider"),
        ("aws_quantum_ledger", "name"),
        ("terraform_data", "triggers_replace"),
    ],
)
def test_an_attribute_that_is_not_listed_is_not_shown(kind: str, attribute: str) -> None:
    found = plan(change(kind, "change", {attribute: "old"}, {attribute: PLANTED}))
    text = review(found).markdown
    assert PLANTED not in text
    assert f"<code>{attribute}</code> | not shown" in text


def test_an_output_that_is_sensitive_is_not_shown() -> None:
    output = {"actions": ["create"], "before": None, "after": PLANTED, "after_sensitive": True}
    text = review(plan(output_changes={"key": output})).markdown
    assert PLANTED not in text
    assert "<code>key</code>" in text


def test_drift_is_masked_as_well() -> None:
    drifted = change(
        "aws_cloudwatch_event_connection",
        "change",
        {"auth_parameters": []},
        {"auth_parameters": [PLANTED]},
    )
    text = review(plan(resource_drift=[drifted])).markdown
    assert "Changed outside of Terraform" in text
    assert PLANTED not in text


def test_variables_are_secret_unless_the_configuration_says_otherwise() -> None:
    variables = {"told": {"value": "visible-value"}, "untold": {"value": PLANTED}}
    configuration: dict[str, Any] = {"root_module": {"variables": {"told": {}}}}
    assert secrets(plan(variables=variables, configuration=configuration)) == {PLANTED}


def test_no_list_names_an_attribute_that_can_hold_a_key() -> None:
    for attributes in [*SHOWN.values(), EVERYWHERE]:
        assert not attributes & {"auth_parameters", "secret_string", "secret_string_wo", "input"}
