"""Numbers of requests, in the forms that clients and attackers send."""

import math
from typing import Any

import pytest

from tastemaker.search.errors import ParsingError
from tastemaker.search.queries.reading import Members


@pytest.mark.parametrize("value", ["NaN", "inf", "1e999", 10**400, math.nan, math.inf, None, True, [1], "x"])
def test_number_that_is_none_or_not_finite_is_refused(value: Any) -> None:
    for read in (Members.number, Members.integer):
        with pytest.raises(ParsingError, match="must be a number"):
            read(Members("query", {"boost": value}), "boost", 1)


def test_number_may_be_a_text_and_may_be_missing() -> None:
    assert Members("query", {"boost": " 1e3 "}).number("boost", 1.0) == 1000
    assert math.isnan(Members("query", {}).number("origin", math.nan))
