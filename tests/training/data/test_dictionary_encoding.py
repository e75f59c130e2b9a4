"""Text columns become positions in sorted ids."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from training.data.dictionary_encoding import DICTIONARY, as_dictionary, encode_columns, ids_of, texts_of

COLUMN = st.lists(st.none() | st.text(max_size=4), max_size=12)


@given(st.lists(COLUMN, min_size=1, max_size=3))
def test_positions_lead_back_to_the_texts(columns: list[list[str | None]]) -> None:
    ids, found = encode_columns([pa.array(column, pa.string()) for column in columns])
    texts = texts_of(ids).to_pylist()
    assert texts == sorted(
        {text for column in columns for text in column if text is not None}, key=str.encode
    )
    decoded = [[None if at < 0 else texts[at] for at in positions.tolist()] for positions in found]
    assert decoded == columns


def test_texts_of_rows_that_were_filtered_out_are_no_ids() -> None:
    column = as_dictionary(pa.array(["a", "b", "c"])).chunk(0).filter(pa.array([True, False, True]))
    ids, _ = encode_columns([column])
    assert texts_of(ids).to_pylist() == ["a", "c"]


def test_numbers_are_texts_too_and_no_column_has_no_ids() -> None:
    assert as_dictionary(pa.array([1, 2])).type == DICTIONARY
    assert len(ids_of(pa.array([], pa.string()))) == 0
