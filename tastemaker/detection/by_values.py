"""Roles of columns by their values, where names say nothing, as in files without a header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from tastemaker.detection.attributes import describes
from tastemaker.detection.naming import EVENT, ITEM, TIME, USER, VALUE, score, tokens
from tastemaker.detection.profiles import Profile

MIN_SCORE = 3.0


def fall_back(
    chosen: dict[str, tuple[str, ...]],
    columns: Sequence[str],
    profiles: Mapping[str, Profile],
    sample: pa.Table,
    single_user: bool,
) -> None:
    """Choose by the values where names say nothing, as in files without a header."""

    def free() -> list[str]:
        taken = {name for names in chosen.values() for name in names}
        return [name for name in columns if name not in taken and name in profiles]

    def of_event(name: str) -> bool:
        """Whether a column is none that describes the item."""
        return not chosen[ITEM] or not describes(sample, name, chosen[ITEM][0])

    unnamed = all(name.startswith("column ") for name in columns)
    if not chosen[TIME]:
        timed = [name for name in free() if profiles[name].time is not None and not score(USER, name)]
        timed = [name for name in timed if unnamed or not profiles[name].is_number]
        chosen[TIME] = tuple(timed[:1]) if unnamed else ()
    ids = [name for name in free() if _is_id(profiles[name])]
    candidates = [name for name in ids if not _means_something_else(name)]
    if not chosen[USER] and not chosen[ITEM] and len(candidates) == 2:
        chosen[USER], chosen[ITEM] = (candidates[0],), (candidates[1],)  # as most files have them
    for role in (USER, ITEM):
        if not chosen[role] and ids and (unnamed or role == ITEM or not single_user):
            candidates = [name for name in ids if unnamed or not _means_something_else(name)]
            if candidates and (unnamed or len(candidates) == 1):
                chosen[role] = (candidates[0],)
                ids.remove(candidates[0])
    if unnamed and not chosen[VALUE]:
        rated = [name for name in free() if profiles[name].is_number and 1 < profiles[name].distinct <= 25]
        rated = [name for name in rated if profiles[name].largest <= 100 and of_event(name)]
        chosen[VALUE] = tuple(rated[:1])
    if unnamed and not chosen[EVENT]:
        typed = [
            name
            for name in free()
            if not profiles[name].is_number
            and 1 < profiles[name].distinct <= 12
            and profiles[name].filled > 50
        ]
        typed = [name for name in typed if of_event(name)]
        chosen[EVENT] = tuple(typed[:1])


def _is_id(one: Profile) -> bool:
    if not one.filled or one.distinct < 2 or one.time is not None or one.is_truth:
        return False
    if one.is_number and (not one.whole or one.distinct < 12):
        return False
    return one.unique < 0.98 and one.mean_length < 80 and one.distinct > 5


def _means_something_else(name: str) -> bool:
    return any(score(role, name) >= MIN_SCORE for role in (EVENT, VALUE, TIME)) or "order" in tokens(name)
