"""An explanation has the verdict of `matches`, and the reason in words."""

import doctest
import json
from pathlib import Path

import pytest

import eventpipes
from eventpipes import Way
from eventpipes.pattern import wording
from tests.each import each
from tests.eventpipes import test_pipe, test_rule
from tests.eventpipes.cases import Case, read_record
from tests.eventpipes.explained import Json, explained
from tests.eventpipes.test_pattern import VALID
from tests.eventpipes.test_trace import TO_BUS

ROOT = Path(__file__).resolve().parents[2]


@each(case=VALID)
def test_the_verdict_is_that_of_the_cases(case: Case) -> None:
    assert eventpipes.compile(case["pattern"]).explain(case["event"]).matched is case["matches"]


TTL = {"dynamodb": {"NewImage": {"TTL": {"N": [{"numeric": [">", 0]}]}}}}
ORDERS = {"lines": {"sku": ["a"], "price": [5]}}
SENTENCES: list[tuple[Json, Json, list[str]]] = [
    ({"a": ["x"]}, {"a": "x"}, ['a is "x"']),
    ({"a": ["x"], "b": [{"exists": False}]}, {"a": "x"}, ['a is "x"', "b is absent"]),
    (
        {"eventName": ["INSERT", "MODIFY"]},
        {"eventName": "REMOVE"},
        ['eventName is "REMOVE"; the pattern wants "INSERT" or "MODIFY"'],
    ),
    (
        TTL,
        {"dynamodb": {"NewImage": {"TTL": {"N": -1}}}},
        ["dynamodb.NewImage.TTL.N is -1; the pattern wants a number above 0"],
    ),
    (
        TTL,
        {"dynamodb": {"NewImage": {"TTL": {"N": "600"}}}},
        [
            (
                'dynamodb.NewImage.TTL.N is "600"; the pattern wants a number above 0; "600" is'
                " text, which is never a number here"
            )
        ],
    ),
    (
        TTL,
        {"dynamodb": {"NewImage": {"TTL": {"S": "600"}}}},
        [
            (
                "dynamodb.NewImage.TTL.N is absent; the pattern wants a number above 0; the event"
                " has dynamodb.NewImage.TTL.S"
            )
        ],
    ),
    ({"a": ["x"]}, {}, ['a is absent; the pattern wants "x"']),
    ({"a": ["x"]}, {"a": {"b": "x"}}, ['a is an object; the pattern wants "x"']),
    ({"a": [True, None]}, {"a": []}, ["a is an empty list; the pattern wants true or null"]),
    (
        {"a": [{"exists": True}]},
        {"a": [{}]},
        ["a is a list without values; the pattern wants any value"],
    ),
    (
        {"a": [{"exists": True}]},
        {"a": {"b": 1}},
        [
            (
                "a is an object; the pattern wants any value; an object is not a value: name a"
                " field in it"
            )
        ],
    ),
    ({"a": [{"exists": False}]}, {"a": 1.5}, ["a is 1.5; the pattern wants no value"]),
    ({"a": ["x"]}, {"a": [1, "y"]}, ['a has 1 and "y"; the pattern wants "x"']),
    ({"a": ["x"]}, {"a": list(range(9))}, ['a has 0, 1, 2 and 6 more; the pattern wants "x"']),
    (
        {"a": [{"prefix": "x"}], "b": [{"suffix": {"equals-ignore-case": "x"}}]},
        {"a": "y", "b": "y"},
        [
            'a is "y"; the pattern wants text that begins with "x"',
            (
                'b is "y"; the pattern wants text that ends with "x" (upper and lower case count'
                " as equal)"
            ),
        ],
    ),
    (
        {"a": [{"numeric": [">=", 1, "<", 5]}, {"numeric": ["=", 7]}, {"cidr": "10.0.0.0/24"}]},
        {"a": 6},
        [
            (
                "a is 6; the pattern wants a number of at least 1 and below 5 or the number 7 or an"
                " IP address in 10.0.0.0/24"
            )
        ],
    ),
    (
        {"a": [{"anything-but": ["x", "y"]}], "b": [{"anything-but": {"prefix": "y"}}]},
        {"a": "x", "b": "yes"},
        [
            'a is "x"; the pattern wants a value other than "x" or "y"',
            'b is "yes"; the pattern wants a value that does not begin with "y"',
        ],
    ),
    (
        {"a": [{"wildcard": "x*"}, {"exactly": "y"}, {"equals-ignore-case": "z"}]},
        {"a": "?"},
        [
            (
                'a is "?"; the pattern wants text like "x*" or "y" or "z" (upper and lower case'
                " count as equal)"
            )
        ],
    ),
    (
        {"a": [{"anything-but": {"suffix": ["x", "y"]}}, {"prefix": "q"}]},
        {"a": "ox"},
        [
            (
                'a is "ox"; the pattern wants a value that does not end with "x" or "y"; or text'
                ' that begins with "q"'
            )
        ],
    ),
    (
        {"a": [*range(14)]},
        {"a": 14},
        [
            (
                "a is 14; the pattern wants 0 or 1 or 2 or 3 or 4 or 5 or 6 or 7 or 8 or 9 or 10"
                " or 11 or 2 more"
            )
        ],
    ),
    (
        ORDERS,
        {"lines": [{"sku": "a", "price": 7}, {"sku": "b", "price": 5}]},
        [
            (
                'lines.sku is "a" and lines.price is 5, but not in the same element of lines; the'
                " pattern wants them in one"
            )
        ],
    ),
    (
        {"d": {"a": [1], "b": [{"exists": False}]}},
        {"d": [{"a": 1, "b": 2}, {"b": 3}]},
        ["d.b has 2 and 3; the pattern wants no value"],
    ),
    (
        {"d": {"a": [1], "b": [{"exists": False}]}},
        {"d": [{"a": 1}, {"b": 3}]},
        ["d.a is 1", "d.b is absent"],
    ),
    (
        {"kind": ["x"], "$or": [{"a": [1]}, {"b": [2]}]},
        {"kind": "y", "a": 1},
        ['kind is "y"; the pattern wants "x"'],
    ),
    (
        {"kind": ["x"], "$or": [{"a": [1]}, {"b": [2]}]},
        {"kind": "x", "a": 2},
        [
            "alternative 1: a is 2; the pattern wants 1",
            "alternative 2: b is absent; the pattern wants 2",
        ],
    ),
    (
        {"d": {"a": [1], "b": [{"exists": False}], "c": [5]}},
        {"d": [{"a": 1}, {"b": 2}]},
        ["d.c is absent; the pattern wants 5"],
    ),
    ({"a": ["x" * 100]}, {"a": "y"}, [f'a is "y"; the pattern wants "{"x" * 76}...']),
]


@each(case=SENTENCES)
def test_the_sentences(case: tuple[Json, Json, list[str]]) -> None:
    pattern, event, sentences = case
    assert list(explained(eventpipes.compile(pattern), event).sentences) == sentences


def test_each_operator_has_words() -> None:
    with pytest.raises(eventpipes.InvalidPattern) as error:
        eventpipes.compile({"a": [{"nope": 1}]})
    known = str(error.value).partition("; use ")[2].partition(" (found")[0]
    assert set(known.split(", ")) == wording.OPERATORS.keys()


def test_the_explanation_is_one_line() -> None:
    explanation = eventpipes.compile({"a": ["x"], "b": [1]}).explain({"a": "y", "b": 2})
    assert str(explanation) == (
        'pattern refused it: a is "y"; the pattern wants "x" | b is 2; the pattern wants 1'
    )


def test_a_path_has_the_names_of_the_pattern_and_a_value_those_of_the_event() -> None:
    """An attribute's name may have dots."""
    event = {"a": {"b.c": [1, 5]}}
    (alternative,) = eventpipes.compile({"a.b": {"c": [5]}}).explain(event).alternatives
    (clause,) = alternative.clauses
    assert clause.path == ("a.b", "c")
    assert clause.accepted == (5, ("a", "b.c", 1))
    assert clause.found == ((1, ("a", "b.c", 0)), (5, ("a", "b.c", 1)))


@pytest.mark.parametrize("number", ["1e400", "9" * 5000, "0.10000000000000000001"])
def test_a_number_that_python_cannot_hold_is_json_for_scripts(number: str) -> None:
    explanation = eventpipes.compile(f'{{"a":[{number}]}}').explain({"a": 1})
    json.dumps(explanation.as_json(), allow_nan=False)
    assert not explanation.matched


def test_a_way_explains_with_the_clause_that_decides() -> None:
    pipe = test_pipe.pipe(
        **TO_BUS, input_template=None, filters=('{"eventName":["INSERT","REMOVE"]}',)
    )
    way = Way(pipe, test_rule.rule())
    told = {name: str(way.explain(read_record(name))) for name in ("insert", "modify", "remove")}
    assert told == {
        "insert": 'rule matched it: detail.eventName is "INSERT"',
        "modify": (
            'filter refused it: eventName is "MODIFY"; the filter wants "INSERT" or "REMOVE"'
        ),
        "remove": (
            'rule refused it: detail.eventName is "REMOVE"; the rule wants "INSERT" or "MODIFY"'
        ),
    }
    assert way.explain(read_record("insert")).name == "cache-put"


def test_any_of_a_pipe_s_filters_may_match() -> None:
    filters = ('{"eventName":["MODIFY"]}', '{"eventName":["REMOVE"],"$or":[{"a":[1]},{"b":[1]}]}')
    several = test_pipe.pipe(filters=filters)
    refused = several.explain(read_record("insert"))
    assert refused.matched is several.matches(read_record("insert")) is False
    assert [(one.pattern, one.number) for one in refused.alternatives] == [(1, 1), (2, 1), (2, 2)]
    assert refused.sentences[0] == ('filter 1: eventName is "INSERT"; the filter wants "MODIFY"')
    assert refused.sentences[1] == (
        'filter 2, alternative 1: eventName is "INSERT"; the filter wants "REMOVE"'
    )
    assert several.explain(read_record("modify")).matched
    assert str(test_pipe.pipe(filters=()).explain({})) == "filter matched it: there is none"


@pytest.mark.parametrize("page", ["patterns", "templates"])
def test_the_page_s_example_says_what_it_shows(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in text.split("```python\n")[1:]]
    assert blocks
    for block in blocks:
        example = doctest.DocTestParser().get_doctest(block, {}, page, page, 0)
        assert len(example.examples) > 2
        assert doctest.DocTestRunner().run(example).failed == 0


def test_event_that_is_no_object_is_an_error() -> None:
    for pattern in ('{"a": [1]}', '{"a": {"b": [1]}}', '{"a": [1], "c": [2]}'):
        compiled = eventpipes.compile(pattern)
        for event in ([1], "text", 5, None):
            for ask in (compiled.matches, compiled.explain):
                with pytest.raises(eventpipes.InvalidEvent, match="give a JSON object"):
                    ask(event)  # type: ignore[arg-type]  # that is the mistake
