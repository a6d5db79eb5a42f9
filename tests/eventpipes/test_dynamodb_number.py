"""Numbers are written as DynamoDB stores them, and refused where it refuses them.

AWS: "Supported data types and naming rules in Amazon DynamoDB", Number: 38 digits, from 1E-130 to
9.9999999999999999999999999999999999999E+125.
"""

from decimal import Context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventpipes.dynamodb_number import (
    OVERFLOW,
    TOO_MANY_DIGITS,
    UNDERFLOW,
    InvalidNumber,
    normalise,
)
from tests.each import each

EXACT = Context(prec=400)


@each(
    ("text", "stored"),
    [
        ("60.0", "60"),
        ("+7", "7"),
        ("007", "7"),
        ("7.", "7"),
        (".5", "0.5"),
        ("-0.0", "0"),
        ("0e999999999999", "0"),
        ("1.5E2", "150"),
        ("12.5e-1", "1.25"),
        ("100e-2", "1"),
        ("0.00120", "0.0012"),
        ("9" * 38, "9" * 38),
        ("0." + "9" * 38, "0." + "9" * 38),
        ("1" + "0" * 100, "1" + "0" * 100),
        ("1E125", "1" + "0" * 125),
        ("9.9E125", "99" + "0" * 124),
        ("1E-130", "0." + "0" * 129 + "1"),
        ("-1E-130", "-0." + "0" * 129 + "1"),
    ],
)
def test_a_number_is_written_out(text: str, stored: str) -> None:
    assert normalise(text) == stored


@each(
    ("text", "says"),
    [
        *[
            (text, OVERFLOW)
            for text in ("1E126", "10E125", "-1e126", "1E+300000000", "9e" + "9" * 99)
        ],
        *[(text, UNDERFLOW) for text in ("1E-131", "0.1E-130", "1e-" + "9" * 99)],
        *[(text, TOO_MANY_DIGITS) for text in ("1" * 39, "1." + "0" * 37 + "1", "0." + "1" * 39)],
        *[
            (text, "cannot be converted")
            for text in ("", "x", "1e", "--1", "1,5", " 1", "NaN", "٣")
        ],
    ],
)
def test_what_dynamodb_refuses_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidNumber) as caught:
        normalise(text)
    assert says in str(caught.value)


@given(
    sign=st.sampled_from(("", "-", "+")),
    digits=st.text("0123456789", min_size=1, max_size=38),
    point=st.integers(0, 38),
    exponent=st.integers(-80, 80),
)
def test_the_value_stays_and_writing_it_again_changes_nothing(
    sign: str, digits: str, point: int, exponent: int
) -> None:
    text = f"{sign}{digits[:point]}.{digits[point:]}e{exponent}"
    stored = normalise(text)
    assert EXACT.create_decimal(stored) == EXACT.create_decimal(text)
    assert normalise(stored) == stored
    assert "e" not in stored.lower()
    if "." in stored:
        assert not stored.endswith("0")
