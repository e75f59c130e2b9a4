"""Numbers in both decimal signs."""

import pyarrow as pa
import pytest

from tastemaker.detection import numbers


@pytest.mark.parametrize(
    ("texts", "sign", "values"),
    [
        (["1.5", "-2", "1e3"], numbers.POINT, [1.5, -2.0, 1000.0]),
        (["12,50", "3,9"], numbers.COMMA, [12.5, 3.9]),
        (["1.234,50 €", "12,00 €"], numbers.COMMA, [1234.5, 12.0]),
        (["$1,234.50", "$2"], numbers.POINT, [1234.5, 2.0]),
        (["1,234", "5,678"], numbers.POINT, [1234.0, 5678.0]),
        (["50%"], numbers.POINT, [50.0]),
    ],
)
def test_decimal_sign_is_that_of_the_column(texts: list[str], sign: str, values: list[float]) -> None:
    cells = pa.array(texts)
    assert numbers.decimal_sign(cells) == sign
    assert numbers.read(cells, sign).to_pylist() == values


def test_cells_that_are_no_numbers_are_null_and_many_make_no_column_of_numbers() -> None:
    assert numbers.read(pa.array(["1", "many", "nan", "0x10"]), numbers.POINT).to_pylist() == [
        1,
        None,
        None,
        None,
    ]
    assert numbers.decimal_sign(pa.array(["1", "a", "b"])) is None
