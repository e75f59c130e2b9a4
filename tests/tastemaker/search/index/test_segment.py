"""The index as files, and its postings beside a plain count of words."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.columns import Columns
from tastemaker.search.analysis.words import words
from tastemaker.search.index.reader import Reader
from tastemaker.search.index.segment import MANIFEST, Segment, UnknownIndexFormatError
from tests.tastemaker.search.library import BOOKS, found, index, library


def test_saved_index_finds_the_same(tmp_path: Path) -> None:
    segment, ids, columns = index(BOOKS)
    segment.save(tmp_path)
    context = library()
    opened = type(context)(Reader([(Segment.open(tmp_path), ids, columns)]), context.mapping)
    for query in ({"match": {"TEXT": "running shoes"}}, {"match_phrase": {"TEXT": "for running"}}):
        assert found(opened, query) == found(context, query) != []


def test_index_of_another_format_is_refused_by_its_version(tmp_path: Path) -> None:
    index(BOOKS)[0].save(tmp_path)
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps({**manifest, "formatVersion": 99}))
    with pytest.raises(UnknownIndexFormatError, match="99"):
        Segment.open(tmp_path)


@given(st.lists(st.one_of(st.none(), st.text("ab c'", max_size=12)), max_size=8))
def test_postings_are_those_of_a_plain_count(texts: list[str | None]) -> None:
    columns = Columns.build({"TEXT": "string"}, [{"TEXT": text} for text in texts])
    field = Segment.build(columns).fields["TEXT"]
    vocabulary = Segment.build(columns).vocabulary.tolist()
    spoken = [words(text or "") for text in texts]
    assert vocabulary == sorted({word for one in spoken for word in one})
    assert field.lengths.tolist() == [len(one) for one in spoken]
    for number, word in enumerate(vocabulary):
        rows, places = field.positions_of(number)
        expected = [
            (row, place) for row, one in enumerate(spoken) for place, w in enumerate(one) if w == word
        ]
        assert list(zip(rows.tolist(), places.tolist(), strict=True)) == expected
        some = slice(field.starts[number], field.starts[number + 1])
        assert field.counts[some].sum() == len(expected)


def test_categorical_values_are_indexed_each_on_its_own() -> None:
    segment, _, columns = index(BOOKS)
    place = segment.vocabulary.index("sport")
    field = segment.fields["GENRES"]
    assert field.rows[field.starts[place] : field.starts[place + 1]].tolist() == [0, 1]
    assert np.array_equal(field.lengths, [1, 2, 1, 1, 0])
    assert columns.rows == segment.rows == 5
