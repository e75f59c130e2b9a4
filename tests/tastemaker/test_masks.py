"""Masks that differ from a shared one in a few rows, against plain arrays, and the cache of shared masks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.masks import MAX_KEYS, Mask, MaskCache, distinct

SIZE = 640
SOURCE = object()


@st.composite
def masks(draw):
    """A mask, and the same as an array."""
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    shared = draw(st.sampled_from(["all", "none", "array"]))
    flags = rng.random(SIZE) < rng.random() if shared == "array" else np.full(SIZE, shared == "all")
    mask = Mask.of(flags) if shared == "array" else Mask(SIZE, shared == "all")
    rows = rng.integers(0, SIZE, draw(st.sampled_from([0, 1, 8, 500])))
    flags = flags.copy()
    if draw(st.booleans()):
        flags[rows] = False
        return mask.without(rows), flags
    flags[rows] = True
    return mask | Mask.only(SIZE, rows), flags


@given(masks(), masks())
def test_masks_combine_as_arrays_do(one, other):
    (mask, flags), (another, others) = one, other
    for found, expected in (
        (mask, flags),
        (~mask, ~flags),
        (mask & another, flags & others),
        (mask | another, flags | others),
        (mask.and_by(MaskCache(), another), flags & others),
    ):
        assert found.flags.tolist() == expected.tolist()
        assert found.count() == np.count_nonzero(expected)
        rows = np.array([5, 0, 5, SIZE - 1])
        assert found.take(rows).tolist() == expected[rows].tolist()
        assert (np.diff(found.changed) > 0).all()
        removed = ~expected & found.shared
        assert found.removed.tolist() == np.flatnonzero(removed).tolist()


def test_removing_a_few_rows_copies_no_array():
    flags = np.random.default_rng(1).random(SIZE) < 0.5
    mask = Mask.of(flags).without(np.array([9, 3, 9]))
    assert mask.shared is flags
    assert set(mask.changed.tolist()) == {row for row in (3, 9) if flags[row]}


def test_mask_with_many_changed_rows_is_an_array_of_its_own():
    mask = Mask(SIZE).without(np.arange(0, SIZE, 2))
    assert isinstance(mask.shared, np.ndarray) and not len(mask.changed)


def test_flags_are_read_only():
    flags = np.ones(SIZE, bool)
    for mask in (Mask(SIZE), Mask.of(flags), Mask.of(flags).without(np.array([1]))):
        with pytest.raises(ValueError, match="read-only"):
            mask.flags[0] = False
    assert flags.flags.writeable, "an array that others own stays as it was"


@given(st.lists(st.integers(0, 9)))
def test_distinct_rows_are_those_of_a_set(rows):
    assert distinct(np.array(rows, np.int32)).tolist() == sorted(set(rows))


def test_cache_keeps_what_two_shared_masks_have_in_common():
    cache = MaskCache()
    one, other = (Mask.of(np.arange(SIZE) % step == 0) for step in (2, 3))
    found = [one.without(np.array([row])).and_by(cache, other) for row in (0, 6, 9)]
    assert found[0].shared is found[1].shared is found[2].shared
    assert [mask.changed.tolist() for mask in found] == [[0], [6], []]


def test_cache_drops_the_least_recently_used_mask():
    cache = MaskCache(limit=10)
    make = {name: lambda: np.ones(5, bool) for name in "abc"}
    for name in ("a", "b", "a", "c"):
        cache.get((SOURCE,), name, make[name])
    assert (len(cache), cache.bytes, cache.misses) == (2, 10, 3)
    cache.get((SOURCE,), "a", make["a"])
    assert cache.misses == 3, "a was used after b"
    cache.get((SOURCE,), "b", make["b"])
    assert cache.misses == 4


def test_cache_counts_a_mask_once_until_its_last_key_is_dropped():
    cache, mask = MaskCache(limit=10), np.ones(5, bool)
    for name in ("a", "b", "c"):
        cache.get((SOURCE,), name, lambda: mask)
    assert (len(cache), cache.bytes) == (3, 5)
    cache.get((SOURCE,), "d", lambda: np.ones(5, bool))
    assert (len(cache), cache.bytes) == (4, 10)
    cache.get((SOURCE,), "e", lambda: np.ones(5, bool))
    assert (len(cache), cache.bytes) == (2, 10), "all keys of the oldest mask were dropped"


def test_cache_has_an_end_if_one_mask_has_many_keys():
    cache, mask = MaskCache(), np.ones(5, bool)
    for number in range(MAX_KEYS + 5):
        cache.get((SOURCE,), number, lambda: mask)
    assert (len(cache), cache.bytes) == (MAX_KEYS, 5)


def test_cache_does_not_keep_a_mask_above_its_limit():
    cache = MaskCache(limit=4)
    cache.get((SOURCE,), "a", lambda: np.ones(5, bool))
    assert (len(cache), cache.bytes) == (0, 0)
