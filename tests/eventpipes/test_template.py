"""Input templates: cases with their sources, and the errors of wrong templates."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventpipes import InvalidTemplate, Template
from tests.each import each
from tests.eventpipes.cases import Case, read_cases
from tests.eventpipes.reproducibly import reproducibly

CASES = read_cases("templates")
VALID = [case for case in CASES if "invalid" not in case.members]
INVALID = [case for case in CASES if "invalid" in case.members]


@each(case=VALID)
def test_a_template_gives_the_text(case: Case) -> None:
    template = Template(case["template"])
    assert template.render(case["record"], case.members.get("context", {})) == case["text"]


@each(case=INVALID)
def test_wrong_template_is_refused_with_its_column(case: Case) -> None:
    with pytest.raises(ValueError, match="input template, column") as caught:
        Template(case["template"])
    error = caught.value
    assert isinstance(error, InvalidTemplate)
    assert error.column == case["column"]
    assert error.template == case["template"]
    assert case["says"] in str(error)


@pytest.mark.parametrize(
    "template",
    [
        '{"a":<$.city}',
        '{"first":<$.one>,"second":<$.two>,"third":<$.three>,"fourth":<$.fo ur>,"fifth":1}',
        '{\n  "a": <$.b c>\n}',
    ],
)
def test_caret_is_under_the_variable(template: str) -> None:
    with pytest.raises(InvalidTemplate) as caught:
        Template(template)
    _, excerpt, caret = str(caught.value).split("\n")
    assert caret.strip() == "^"
    assert excerpt[caret.index("^") :].startswith("<$.")


@each(
    ("text", "is_json"),
    [
        ('{"a":<$.a>}', True),
        ('"<$.a>"', True),
        ("<$.a>", True),
        ("a <$.a>", False),
        ('{"a":<$.a><$.b>}', False),
        ("", False),
    ],
)
def test_a_template_knows_whether_it_is_json(text: str, *, is_json: bool) -> None:
    assert Template(text).is_json is is_json


def test_longest_template_is_accepted() -> None:
    assert Template("x" * 8_192).render({}) == "x" * 8_192


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@reproducibly(100)
@given(value=JSON.filter(lambda value: not isinstance(value, str)))
def test_value_that_is_not_a_string_is_not_changed(value: object) -> None:
    assert json.loads(Template('{"v":<$.v>}').render({"v": value})) == {"v": value}


@reproducibly(100)
@given(value=JSON)
def test_rendering_never_raises(value: object) -> None:
    template = Template(
        '<$.v> "<$.v.x>" <$.v[0]> <$.v[*].a> <aws.pipes.event> <aws.pipes.pipe-arn>'
    )
    assert '"' in template.render({"v": value})
