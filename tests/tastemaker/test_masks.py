"""Masks that differ from a shared one in a few rows, against plain arrays, and the cache of shared masks."""

from concurrent.futures import ThreadPoolExecutor

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


def test_many_rows_make_a_mask_of_their_own_that_no_cache_keeps() -> None:
    size, cache = 1_000, MaskCache()
    shared = np.arange(size) % 2 == 0
    own = Mask.of(shared).without(np.arange(0, size, 2)[:300])
    assert isinstance(own.shared, np.ndarray) and own.shared.flags.writeable and own.count() == 200
    live = np.arange(size) < 900
    assert own.and_by(cache, Mask.of(live)).count() == 150 and len(cache) == 0
    Mask.of(shared).and_by(cache, Mask.of(live))
    assert len(cache) == 1
    assert Mask.of(shared).flags is shared  # a cache that has both counts them once


def test_mask_of_many_rows_equals_that_of_few() -> None:
    rows = np.array([5, -1, 7, 5, *range(20, 700)])
    assert np.flatnonzero(Mask.only(1_000, rows).flags).tolist() == [5, 7, *range(20, 700)]
    assert np.flatnonzero(Mask.only(1_000, rows[:4]).flags).tolist() == [5, 7]


def test_threads_share_a_cache() -> None:
    cache = MaskCache(limit=3_000)
    sources = [np.zeros(1_000, bool) for _ in range(8)]

    def ask(number: int) -> None:
        for turn in range(300):
            one = sources[(number + turn) % 8]
            assert len(cache.get((one,), "mask", lambda one=one: ~one)) == 1_000

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    assert len(cache) == 3 and cache.bytes == 3_000
