"""What the bytes of a column rule out is never in it."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.importing.text_bytes import (
    ShortTexts,
    is_ascii,
    may_contain,
    may_have_blanks,
    may_have_letters,
)

TEXTS = st.lists(st.text(alphabet="aZ09 +-\té中", max_size=6), max_size=20)
SOUGHT = ["NaN", "null", "-", "a9"]


@given(TEXTS, st.data())
def test_negative_look_up_is_never_wrong(texts: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(texts)))
    cells, rest = pa.array(texts, pa.string()).slice(start), texts[start:]
    assert not is_ascii(cells) or all(text.isascii() for text in rest)
    assert may_have_blanks(cells) or not any(text != text.strip() for text in rest)
    assert may_have_letters(cells) or not any(character.isalpha() for text in rest for character in text)
    assert may_contain(cells, "+") or not any("+" in text for text in rest)


@given(st.lists(st.sampled_from([*SOUGHT, "", "9", "user-1", "an-NaN", "nil", "-a9"]), max_size=20))
def test_candidates_have_every_text_of_the_set(texts: list[str]) -> None:
    cells = pa.array(["", *texts], pa.string()).slice(1)
    found = ShortTexts(SOUGHT).candidates(cells).to_pylist()
    assert [text for text in found if text in SOUGHT] == [text for text in texts if text in SOUGHT]


@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_empty_columns_have_nothing(texts: list[str]) -> None:
    cells = pa.array(texts, pa.string())
    assert not may_have_blanks(cells) and not may_have_letters(cells) and not may_contain(cells, "+")
    assert len(ShortTexts(SOUGHT).candidates(cells)) == 0
