import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.ids import FENCES, Ids, JoinedIds

TEXTS = st.lists(st.text(st.characters(exclude_categories=[]), max_size=8), max_size=30)


@given(TEXTS)
def test_ids_are_sorted_by_their_utf8_bytes_and_distinct(texts):
    ids = Ids.build(texts)
    assert list(ids) == sorted(set(texts), key=lambda text: text.encode("utf-8", "surrogatepass"))
    assert [ids[position] for position in range(len(ids))] == list(ids)


@given(TEXTS, TEXTS)
def test_index_finds_what_is_there_and_says_minus_one_for_the_rest(texts, others):
    ids, known = Ids.build(texts), sorted(set(texts))
    asked = texts + others
    expected = [known.index(text) if text in known else -1 for text in asked]
    assert [ids.index(text) for text in asked] == expected
    assert ids.indexes(asked).tolist() == expected
    assert [text in ids for text in asked] == [place >= 0 for place in expected]


def test_few_look_ups_build_no_dictionary_and_answer_as_many_do():
    ids = Ids.build(f"item-{number}" for number in range(5000))
    few = ids.indexes(["item-7", "item-4999", "nobody"])
    assert "_positions" not in ids.__dict__
    many = ids.indexes([*ids, "nobody"])
    assert few.dtype == many.dtype == np.int32
    assert many.tolist() == [*range(5000), -1]
    assert few.tolist() == ids.indexes(["item-7", "item-4999", "nobody"]).tolist()


@pytest.mark.parametrize("texts", [[], [""], ["a", "", "é", "日本", "\ud800", "a\0b"], ["x" * 256]])
def test_save_and_open(tmp_path, texts):
    Ids.build(texts).save(tmp_path, "items")
    opened = Ids.open(tmp_path, "items")
    assert opened == Ids.build(texts)
    assert list(opened) == sorted(texts)
    assert {path.name for path in tmp_path.iterdir()} == {"items.bytes.npy", "items.offsets.npy"}


def test_opened_ids_cannot_be_changed(tmp_path):
    Ids.build(["a"]).save(tmp_path, "items")
    with pytest.raises(ValueError, match="read-only"):
        Ids.open(tmp_path, "items").blob[0] = 0


def test_positions_outside_raise():
    ids = Ids.build(["a", "b"])
    assert ids[-1] == "b" and ids.take([1, 0]) == ["b", "a"]
    for position in (2, -3):
        with pytest.raises(IndexError):
            ids[position]


@given(TEXTS, TEXTS)
def test_appended_ids_leave_positions_as_they_are(texts, later):
    head = Ids.build(texts)
    tail = Ids.build(set(later) - set(texts))
    ids = JoinedIds(head, tail)
    assert ids.tolist() == [*head, *tail] == [ids[place] for place in range(len(ids))]
    assert ids.indexes([*texts, *later]).tolist() == [ids.index(text) for text in [*texts, *later]]
    assert [ids[ids.index(text)] for text in [*texts, *later]] == [*texts, *later]
    assert ids.index("nobody has this id") == -1


def test_appended_ids_are_opened_with_those_before_them(tmp_path):
    Ids.build(["b", "d"]).save(tmp_path, "items")
    Ids.build(["a", "c"]).save(tmp_path, "items.tail")
    opened = Ids.open(tmp_path, "items")
    assert opened.tolist() == ["b", "d", "a", "c"] and opened[-1] == "c" and opened.index("a") == 2


@pytest.mark.parametrize("form", ["{:06}", "item-{:x}", "the same first bytes of all {}", "{}-of-many"])
def test_ids_that_begin_alike_are_told_apart(form):
    numbers = range(FENCES * 3)
    ids = Ids.build(map(form.format, numbers))
    for number in (0, 1, 9, 10, 255, 4096, FENCES, len(numbers) - 1):
        assert ids[ids.index(form.format(number))] == form.format(number)
    asked = [form.format(number) for number in range(0, len(numbers), 997)]
    assert ids.take(ids.indexes(asked)) == asked and "_positions" not in ids.__dict__
    assert ids.indexes([form.format(len(numbers)), "", "z", form]).tolist() == [-1] * 4
