"""Values of parameters in a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.filters import FilterError, FilterValueError
from tastemaker.filters.values import split_values
from tests.tastemaker.filters.shop import kept


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Drama","Comedy"', ("Drama", "Comedy")),
        (" \"Drama\" , 'Comedy' ", ("Drama", "Comedy")),
        ("Drama", ("Drama",)),
        ("Drama, Comedy", ("Drama, Comedy",)),
        ("12.5", ("12.5",)),
        ("", ("",)),
        ('""', ("",)),
        (r'"6\" nails"', ('6" nails',)),
    ],
)
def test_split_values_reads_quoted_and_plain_values(text, expected):
    assert split_values("X", text) == expected


@given(st.lists(st.text(), min_size=1))
def test_split_values_reverses_quoting(values):
    quoted = ('"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"')) for value in values)
    assert split_values("X", ",".join(quoted)) == tuple(values)


@pytest.mark.parametrize("text", ['"a', '"a" "b"', '"a",', '"a"b', '"a",b'])
def test_split_values_rejects_unbalanced_quotes(text):
    with pytest.raises(FilterValueError, match="of X"):
        split_values("X", text)


INCLUDED = "INCLUDE ItemID WHERE Items.PRICE < $CAP | EXCLUDE ItemID WHERE Items.BRAND IN ($BRAND)"
EXCLUDED = "EXCLUDE ItemID WHERE Items.PRICE < $CAP | EXCLUDE ItemID WHERE Items.BRAND IN ($BRAND)"


def test_include_filter_requires_all_parameters():
    with pytest.raises(FilterValueError, match="needs a value for each parameter: BRAND"):
        kept(INCLUDED, values={"CAP": "5"})


def test_exclude_filter_skips_expressions_with_missing_parameters():
    assert kept(EXCLUDED, values={"BRAND": "oak"}) == ["goban", "mystery", "stone"]
    assert kept(EXCLUDED, values={"CAP": "25"}) == ["board", "goban", "mystery"]


def test_unknown_parameter_names_are_rejected():
    with pytest.raises(FilterValueError, match=r"no parameter cap \(it has: BRAND, CAP\)"):
        kept(EXCLUDED, values={"cap": "5"})


def test_comparison_takes_exactly_one_value():
    with pytest.raises(FilterValueError, match=r"Items.PRICE < \$CAP takes one value"):
        kept(EXCLUDED, values={"CAP": '"5","6"'})


@pytest.mark.parametrize("value", ["cheap", "", "5,6", "nan", '"inf"', "1e999", "1_000"])
def test_numeric_field_rejects_values_that_are_not_finite_numbers(value):
    with pytest.raises(FilterValueError, match=r"Items\.PRICE is a number and cannot be compared with"):
        kept(EXCLUDED, values={"CAP": value})


@pytest.mark.parametrize("value", ["25", '"25"', "'25'", " 25 ", "25.0", "+2.5e1"])
def test_number_may_be_quoted(value):
    assert kept(EXCLUDED, values={"CAP": value}) == kept(EXCLUDED, values={"CAP": "25"})


def test_mask_rejects_comparison_of_text_even_without_check():
    with pytest.raises(FilterError, match=r"Items\.BRAND is not a number"):
        kept("EXCLUDE ItemID WHERE Items.BRAND > 5")


@pytest.mark.parametrize("text", ['["a","b"]', " [ 'a' ] ", "[]"])
def test_json_list_of_values_is_refused_with_the_right_form(text):
    with pytest.raises(FilterValueError, match='write several values as "a","b", without brackets'):
        split_values("G", text)


def test_value_in_brackets_that_is_not_a_list_is_one_value():
    assert split_values("G", "[REC]") == ("[REC]",)
