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
def test_split(text, expected):
    assert split_values("X", text) == expected


@given(st.lists(st.text(), min_size=1))
def test_what_is_quoted_comes_back(values):
    quoted = ('"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"')) for value in values)
    assert split_values("X", ",".join(quoted)) == tuple(values)


@pytest.mark.parametrize("text", ['"a', '"a" "b"', '"a",', '"a"b', '"a",b'])
def test_quotes_that_do_not_fit_are_refused(text):
    with pytest.raises(FilterValueError, match="of X"):
        split_values("X", text)


INCLUDED = "INCLUDE ItemID WHERE Items.PRICE < $CAP | EXCLUDE ItemID WHERE Items.BRAND IN ($BRAND)"
EXCLUDED = "EXCLUDE ItemID WHERE Items.PRICE < $CAP | EXCLUDE ItemID WHERE Items.BRAND IN ($BRAND)"


def test_a_filter_that_includes_needs_every_value():
    with pytest.raises(FilterValueError, match="needs a value for each parameter: BRAND"):
        kept(INCLUDED, values={"CAP": "5"})


def test_in_a_filter_that_only_excludes_a_missing_value_disables_its_expression():
    assert kept(EXCLUDED, values={"BRAND": "oak"}) == ["goban", "mystery", "stone"]
    assert kept(EXCLUDED, values={"CAP": "25"}) == ["board", "goban", "mystery"]


def test_names_are_exact_and_unknown_ones_refused():
    with pytest.raises(FilterValueError, match=r"no parameter cap \(it has: BRAND, CAP\)"):
        kept(EXCLUDED, values={"cap": "5"})


def test_a_comparison_takes_one_number():
    with pytest.raises(FilterValueError, match=r"Items.PRICE < \$CAP takes one value"):
        kept(EXCLUDED, values={"CAP": '"5","6"'})


@pytest.mark.parametrize("value", ["cheap", "", "5,6", "nan", '"inf"', "1e999", "1_000"])
def test_a_number_is_compared_with_finite_numbers_only(value):
    with pytest.raises(FilterValueError, match=r"Items\.PRICE is a number and cannot be compared with"):
        kept(EXCLUDED, values={"CAP": value})


@pytest.mark.parametrize("value", ["25", '"25"', "'25'", " 25 ", "25.0", "+2.5e1"])
def test_a_number_may_be_quoted_or_not(value):
    assert kept(EXCLUDED, values={"CAP": value}) == kept(EXCLUDED, values={"CAP": "25"})


def test_text_is_not_compared_by_size_even_if_nobody_checked():
    with pytest.raises(FilterError, match=r"Items\.BRAND is no number"):
        kept("EXCLUDE ItemID WHERE Items.BRAND > 5")
