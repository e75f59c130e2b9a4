"""Masks of several users side by side, against each user's mask alone."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.masks import Mask
from tastemaker.models.group_masks import GroupMasks

ITEMS = 40


@settings(deadline=None)
@given(
    seed=st.integers(0, 500),
    sizes=st.lists(st.integers(0, ITEMS), min_size=1, max_size=5),
    kind=st.sampled_from(["all", "nothing", "one", "each", "mixed"]),
)
def test_items_of_users_are_those_that_each_mask_allows(seed: int, sizes: list[int], kind: str) -> None:
    rng = np.random.default_rng(seed)
    arrays = [rng.random(ITEMS) < 0.5 for _ in sizes]
    masks: list[Mask | None] = []
    for number, array in enumerate(arrays):
        shared = {"all": True, "nothing": False, "one": arrays[0]}.get(kind, array)
        rows = np.flatnonzero(rng.random(ITEMS) < 0.15)
        masks.append(None if kind == "mixed" and number % 2 else Mask(ITEMS, shared, rows))
    items = [rng.choice(ITEMS, size, replace=False) for size in sizes]
    values = [rng.random(size).astype(np.float32) for size in sizes]
    together = GroupMasks(masks, ITEMS)
    kept, found, lengths = together.applied(
        np.concatenate(items), np.concatenate(values), np.array(sizes, np.int64)
    )
    ends = np.cumsum(lengths)
    for number, mask in enumerate(masks):
        mine = slice(ends[number] - lengths[number], ends[number])
        got = dict(zip(kept[mine].tolist(), found[mine].tolist(), strict=True))
        assert len(got) == lengths[number], "no item is there twice"
        allowed = np.ones(ITEMS, bool) if mask is None else mask.flags
        own = dict(zip(items[number].tolist(), values[number].tolist(), strict=True))
        shown = {item: value for item, value in got.items() if value > -np.inf}
        added = [] if mask is None else mask.changed[allowed[mask.changed]].tolist()
        assert shown == {item: own.get(item, 0.0) for item in {*own, *added} if allowed[item]}
