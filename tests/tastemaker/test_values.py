"""Tests of the rules that values must follow wherever data come in."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker import values
from tastemaker.values import CREATION, EVENT, EXPIRATION, BadValueError

NOW = 1_785_864_000.0


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (1_785_864, r"is 21 January 1970; Unix seconds have ten digits .*datetime64\[s\]"),
        (2024, "looks like a year"),
        (20_240_115, "is a date in digits"),
        (202_401_151_230, "is a date in digits"),
        (20_240_115_123_000, "is a date in digits"),
        (19_737, "days since 1970; multiply by 86,400"),
        (28_421_280, "minutes since 1970; multiply by 60"),
        (0, "is 1 January 1970"),
        (-5, "is before 1970"),
        (1_700_000_000_000, "is in milliseconds; .* divide by 1,000$"),
        (1_700_000_000_000_000, "is in microseconds; .* divide by 1,000,000$"),
        (1_700_000_000_000_000_000, "is in nanoseconds; .* divide by 1,000,000,000$"),
        (-(2**63), "is in nanoseconds"),
        (10**400, "is in nanoseconds"),
        (4_000_000_000, "is 2 October 2096, in the future"),
        (20_000_000_000, "is 11 October 2603, in the future"),
    ],
)
def test_time_in_a_wrong_unit_is_refused_with_the_unit_and_the_cure(seconds: int, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        values.read_time(seconds, EVENT, NOW)


@pytest.mark.parametrize("value", [828_124_615, "1700000000", 1_700_000_000.5, NOW + 80_000])
def test_time_of_an_event_is_read_as_whole_seconds(value: object) -> None:
    assert values.read_time(value, EVENT, NOW) == int(float(str(value)))


@pytest.mark.parametrize("seconds", [0, 31_536_000, -631_152_000, 4_000_000_000])
def test_item_may_be_created_before_1973_at_a_whole_hour_or_in_the_future(seconds: int) -> None:
    values.check_time(seconds, CREATION, NOW)


@pytest.mark.parametrize("seconds", [1_785_864, 2024, 20_240_115, -5, 12, -(2**63)])
def test_creation_time_in_a_wrong_unit_is_refused(seconds: int) -> None:
    with pytest.raises(BadValueError):
        values.check_time(seconds, CREATION, NOW)


def test_action_may_expire_in_the_far_future() -> None:
    values.check_time(values.MAX_TIME, EXPIRATION, NOW)
    with pytest.raises(BadValueError, match="milliseconds"):
        values.check_time(NOW * 1000, EXPIRATION, NOW)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(), st.sampled_from([EVENT, CREATION]))
def test_every_number_is_a_time_or_is_refused_with_a_reason(seconds: float, role: str) -> None:
    try:
        values.check_time(seconds, role, NOW)
    except BadValueError as error:
        assert len(str(error)) < 250
    else:
        assert values.OLDEST_CREATION <= seconds <= values.MAX_TIME


@pytest.mark.parametrize(
    ("value", "avro_type", "number"),
    [
        (9_223_372_036_854_775_807, "long", 9_223_372_036_854_775_807),
        ("9007199254740993", "long", 9_007_199_254_740_993),
        (" -12 ", "int", -12),
        (12.0, "int", 12),
        ("1.2e1", "long", 12),
    ],
)
def test_whole_number_keeps_all_its_digits(value: object, avro_type: str, number: int) -> None:
    assert values.read_integer(value, avro_type) == number


@pytest.mark.parametrize(
    ("value", "avro_type"),
    [
        (1e30, "long"),
        (2**63, "long"),
        (1e300, "int"),
        (2**31, "int"),
        (10**400, "long"),
        ("9" * 5000, "long"),
        pytest.param(10**5000, "long", id="5001 digits"),
        (1.5, "long"),
        ("+-5", "long"),
        (True, "long"),
        ("1_000", "long"),
        (None, "long"),
        ("²", "int"),
    ],
)
def test_whole_number_out_of_range_is_refused(value: object, avro_type: str) -> None:
    with pytest.raises(BadValueError):
        values.read_integer(value, avro_type)


@pytest.mark.parametrize(
    ("value", "avro_type"),
    [
        (1e39, "float"),
        ("1e999", "double"),
        (math.nan, "double"),
        ("nan", "float"),
        (10**400, "double"),
        ([1], "float"),
    ],
)
def test_number_that_its_type_cannot_hold_is_refused(value: object, avro_type: str) -> None:
    with pytest.raises(BadValueError):
        values.read_float(value, avro_type)


@pytest.mark.parametrize("number", [1e308, 1e-300, -1e126])
def test_number_that_dynamodb_cannot_hold_is_refused(number: float) -> None:
    with pytest.raises(BadValueError, match="cannot be stored"):
        values.check_storable(number)


@pytest.mark.parametrize("number", [0.0, 1e-130, -9.99e125, 2.5])
def test_number_that_dynamodb_can_hold_is_accepted(number: float) -> None:
    values.check_storable(number)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (" u1", "begins or ends with a blank"),
        ("u1\t", "begins or ends with a blank"),
        ("", "empty"),
        ("x" * 257, "more than 256 characters"),
        ("\N{GRINNING FACE}" * 253, "1,000 bytes in UTF-8, and this one has 1,012"),
    ],
)
def test_id_that_cannot_be_a_key_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        values.check_id(text)


@pytest.mark.parametrize("text", ["u", "a b", "\N{GRINNING FACE}" * 250, "x" * 256, "NaN"])
def test_id_that_can_be_a_key_is_accepted(text: str) -> None:
    values.check_id(text)
