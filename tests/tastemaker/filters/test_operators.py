"""Operators: one table for the grammar, the checks and the evaluation."""

import operator

import numpy as np
import pytest

from tastemaker.filters import parse
from tastemaker.filters.operators import COMPARISONS, comparison_terminal
from tests.tastemaker.filters.shop import ITEMS, SHOP, kept

PRICES = [ITEMS.record(row)["PRICE"] for row in range(ITEMS.rows)]


@pytest.mark.parametrize("symbol", COMPARISONS)
def test_every_comparison_is_parsed_and_evaluated_for_items_and_users(symbol: str) -> None:
    item_filter = parse(f"INCLUDE ItemID WHERE Items.PRICE {symbol} 25")
    assert item_filter.expressions[0].conditions[0].operator == symbol
    assert item_filter.mask(SHOP).flags.tolist() == [
        price is not None and COMPARISONS[symbol](price, 25.0) for price in PRICES
    ]
    for age in (17.0, 18.0, 19.0):
        expression = f'EXCLUDE ItemID WHERE Items.BRAND NOT IN ("none") IF CurrentUser.AGE {symbol} 18'
        nothing_left = kept(expression, user={"AGE": age}) == []
        assert nothing_left == COMPARISONS[symbol](age, 18.0)


def test_comparisons_work_on_numbers_and_arrays() -> None:
    assert COMPARISONS["<="] is operator.le
    assert COMPARISONS["<="](np.array([1.0, 2.0, np.nan]), 1.0).tolist() == [True, False, False]


def test_terminal_lists_longer_symbols_first() -> None:
    alternatives = comparison_terminal().removeprefix("COMPARISON: ").split(" | ")
    assert sorted(alternatives) == sorted(f'"{symbol}"' for symbol in COMPARISONS)
    assert alternatives.index('"<="') < alternatives.index('"<"')
