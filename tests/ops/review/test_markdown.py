"""The review as Markdown: what is lost first, details folded, short enough for a comment."""

import re
from typing import Any

import pytest
from markdown_it import MarkdownIt

from ops.review import review
from ops.review.behaviour import Answer, Behaviour
from ops.review.guard import examine
from ops.review.markdown import LIMIT, MARKER, headline, render
from ops.shared.errors import OpsError
from tests.ops.review.plans import change, plan, real

HOSTILE = "</code>`|\n\n# Owned <img src=x> @everyone [a](b) ```"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([], "nothing to do"),
        (["keep"], "nothing to do"),
        (["add", "add", "change", "destroy"], "2 to add, 1 to change, 1 to destroy"),
        (["replace"], "1 to add, 0 to change, 1 to destroy (1 of them replaced)"),
        (["forget"], "1 no longer managed"),
    ],
)
def test_the_headline_counts(changes: list[str], said: str) -> None:
    made = [
        change("aws_iam_role", action, {}, {}, name=f"r{number}")
        for number, action in enumerate(changes)
    ]
    assert headline(plan(*made)) == said


def test_moved_and_imported_resources_are_counted_and_named() -> None:
    moved = change(
        "aws_sqs_queue", "keep", {}, {}, name="new", previous_address="aws_sqs_queue.old"
    )
    imported = change("aws_sqs_queue", "keep", {}, {}, name="there", importing={"id": "its-url"})
    found = plan(moved, imported)
    assert headline(found) == "1 moved, 1 imported"
    text = review(found).markdown
    assert "<code>aws_sqs_queue.new</code>, moved from <code>aws_sqs_queue.old</code>" in text
    assert "<code>aws_sqs_queue.there</code>, imported from <code>its-url</code>" in text


def test_the_review_begins_with_its_marker() -> None:
    assert review(plan()).markdown.startswith(f"{MARKER}\n## Plan: nothing to do\n")


def test_losses_come_before_everything_else() -> None:
    text = review(real("renamed")).markdown
    places = [
        text.index(part)
        for part in (
            "## Plan: 14 to add",
            "> [!CAUTION]",
            "> [!WARNING]",
            "### What the pipes will send",
            "### Replaced",
            "### Outputs",
        )
    ]
    assert places == sorted(places)


def test_an_allowed_loss_is_marked() -> None:
    lost = change("aws_dynamodb_table", "destroy", {})
    (loss,) = review(plan(lost)).losses
    done = review(plan(lost), allow=[loss.token])
    assert not done.blocked
    assert "**These losses are allowed:**" in done.markdown
    assert "[!CAUTION]" not in done.markdown


def test_a_change_shows_its_path_and_its_values_before_and_after() -> None:
    text = review(real("changed")).markdown
    path = "source_parameters.dynamodb_stream_parameters.maximum_retry_attempts"
    assert f"| <code>{path}</code> | <code>3</code> | <code>5</code> |" in text


def test_a_replaced_resource_says_because_of_what() -> None:
    text = review(real("renamed")).markdown
    assert re.search(
        r"aws_pipes_pipe.pipeline_cache-put\S*</code>, because of"
        r" <code>name</code>, <code>source</code>",
        text,
    )


def test_a_long_value_is_a_folded_diff() -> None:
    old, new = ({"assume_role_policy": f'{{"a": "{letter * 100}"}}'} for letter in "xy")
    text = review(plan(change("aws_iam_role", "change", old, new))).markdown
    assert "<details><summary>1 attribute</summary>" in text
    assert f'-  "a": "{"x" * 100}"\n+  "a": "{"y" * 100}"' in text


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
@pytest.mark.parametrize("action", ["change", "add"])
def test_a_value_cannot_become_markup(action: str, *, long: bool) -> None:
    value = HOSTILE * (5 if long else 1)
    made = change("aws_sqs_queue", action, {"name": "a"}, {"name": value}, name=HOSTILE)
    text = review(plan(made), title=HOSTILE).markdown
    outside = re.sub(r"^(`{3,})diff\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "<img" not in outside
    assert "\n# Owned" not in outside
    assert outside.count("<code>") == outside.count("</code>")
    assert not re.search(r"^```", outside, re.MULTILINE)
    page = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert not re.search(r"<(a|img|em|strong|del|s)\b", page)


def test_a_policys_stars_are_seen() -> None:
    made = change("aws_sqs_queue", "change", {"policy": "none"}, {"policy": "topics/*/* to *"})
    page = MarkdownIt("gfm-like", {"linkify": False}).render(review(plan(made)).markdown)
    assert "<code>topics/*/* to *</code>" in page


def test_a_plan_of_a_part_is_marked() -> None:
    assert "Plan again once it is applied" in review(plan(complete=False)).markdown
    assert "Plan again" not in review(plan(complete=True)).markdown


def test_many_moved_resources_are_counted_where_there_is_no_room() -> None:
    found = plan(
        *(
            change(
                "aws_sqs_queue",
                "keep",
                {},
                {},
                name=f"n{'x' * 80}{number}",
                previous_address=f"aws_sqs_queue.o{'x' * 80}{number}",
            )
            for number in range(400)
        )
    )
    text = review(found).markdown
    assert len(text) <= LIMIT
    assert "400 resources (the list is left out for want of room)" in text


def test_a_resource_deleted_outside_of_terraform_is_not_listed_as_changed() -> None:
    gone = change("aws_sqs_queue", "destroy", {"name": "a"}, None, name="gone")
    kept = change("aws_sqs_queue", "change", {"name": "a"}, {"name": "b"}, name="kept")
    text = review(plan(resource_drift=[gone, kept])).markdown
    vanished, changed = text.split("### Gone outside of Terraform")[1].split("### Changed outside")
    assert "aws_sqs_queue.gone" in vanished
    assert "aws_sqs_queue.kept" in changed


def crowd(count: int, kind: str = "aws_sqs_queue", action: str = "change") -> Any:
    """Return a plan with so many resources, each with a long diff."""
    return plan(
        *(
            change(
                kind,
                action,
                {"policy": "a\n" * 400, "name": f"q{number}"},
                {"policy": "b\n" * 400, "name": f"p{number}"},
                name=f"{kind}-{number:05}",
            )
            for number in range(count)
        )
    )


@pytest.mark.parametrize("count", [10, 100, 400])
def test_a_long_review_fits_a_comment_and_names_every_resource(count: int) -> None:
    text = review(crowd(count)).markdown
    assert len(text) <= LIMIT
    assert len(set(re.findall(r"aws_sqs_queue-\d{5}", text))) == count
    assert len(text) > LIMIT * 0.9 or count != 100, "room is used before details are left out"


def test_where_not_even_the_lines_fit_kinds_are_counted() -> None:
    text = review(crowd(2_000)).markdown
    assert len(text) <= LIMIT
    assert "2000 <code>aws_sqs_queue</code> (the list is left out for want of room)" in text


def test_no_warning_is_cut_however_many_there_are() -> None:
    found = crowd(500, "aws_dynamodb_table", "destroy")
    text = review(found).markdown
    assert len(text) <= LIMIT
    warned = text[: text.index("### Destroyed")] if "### Destroyed" in text else text
    assert len(set(re.findall(r"aws_dynamodb_table-\d{5}", warned))) == 500


def test_warnings_that_do_not_fit_are_an_error_and_not_cut() -> None:
    found = crowd(50, "aws_dynamodb_table", "destroy")
    with pytest.raises(OpsError, match="the warnings alone have"):
        render(found, examine(found), [], limit=2_000)


def pipes(count: int) -> list[Behaviour]:
    """Return three pipes of so many pipelines, which do one of two things each."""
    answer = Answer(sample="an item is written", before=None, after="PUT it\n\n" + "x" * 500)
    gone = Answer(sample="an item is deleted", before=None, after="DELETE it\n\n")
    return [
        Behaviour(pipe=f"shop-{number:04}-{name}-pipe", answers=[told])
        for number in range(count)
        for name, told in (("cache-put", answer), ("topic-publish", answer), ("cache-delete", gone))
    ]


def test_pipes_that_do_the_same_share_a_line() -> None:
    text = render(plan(), [], pipes(30))
    assert len(text) <= LIMIT
    assert "- 60 pipes: sends when an item is written\n" in text
    assert "- 30 pipes: sends when an item is deleted\n" in text
    assert text.count("sends when") == 2
    assert text.count("<details>") == 90


def test_requests_are_left_out_before_the_names_of_pipes_are() -> None:
    text = render(plan(), [], pipes(150))
    assert LIMIT * 0.9 < len(text) <= LIMIT
    assert "Some pipes' requests are left out for want of room." in text
    assert len(set(re.findall(r"<code>(shop-\d{4}-[a-z-]+-pipe)</code>", text))) == 450
    assert len(render(plan(), [], pipes(600))) <= LIMIT


def test_outputs_are_listed() -> None:
    outputs = {
        "table": {"actions": ["update"], "before": "a", "after": "b"},
        "same": {"actions": ["no-op"], "before": "a", "after": "a"},
    }
    text = review(plan(output_changes=outputs)).markdown
    assert "| <code>table</code> | <code>a</code> | <code>b</code> |" in text
    assert "same" not in text
    assert "## Plan: outputs change" in text
