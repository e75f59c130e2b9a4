"""Bound expressions as masks over rows, computed without a loop over rows, and a cache of masks.

Text is compared by dictionary code: the listed values become a table over the vocabulary, the table is read
at each code, and a row of a multi-valued column matches if one of its codes does. Expressions on events
change few rows, which are written to a copy of a cached mask.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import NUMBER, Column, Columns
from tastemaker.filters.errors import FilterError
from tastemaker.filters.operators import COMPARISONS, NOT_IN
from tastemaker.filters.syntax import INCLUDE, Condition, Everything, Expression, Literals
from tastemaker.filters.values import number
from tastemaker.ids import Ids

Mask = NDArray[np.bool_]
Events = Mapping[str, NDArray[np.integer]]

ID_COLUMNS = {"Items": "item_id", "Users": "user_id", "Actions": "action_id"}
MAX_KEYS = 10_000
"""The keys of a cache. Values that are spelled differently can be many keys of one mask."""


class MaskCache:
    """Masks by their conditions and their source. The least recently used one is dropped first.

    The source, the columns or another mask, is part of the key, so that new columns never get an old mask. It
    is not thread-safe.
    """

    def __init__(self, limit: int = 64 * 2**20) -> None:
        """Create a cache of `limit` bytes. A mask takes one byte per row, also if it has several keys."""
        self.limit = limit
        self.bytes = self.hits = self.misses = 0
        self._cached: OrderedDict[Hashable, tuple[Columns | Mask, Mask]] = OrderedDict()
        self._keys: Counter[int] = Counter()  # how many keys a mask has, by its identity

    def get(self, source: Columns | Mask, key: Hashable, make: Callable[[], Mask]) -> Mask:
        """Return the cached mask of a key and a source, or a new one. It is read-only."""
        entry = (id(source), key)
        if entry in self._cached:
            self._cached.move_to_end(entry)
            self.hits += 1
            return self._cached[entry][1]
        self.misses += 1
        mask = make()
        mask.flags.writeable = False
        if mask.nbytes <= self.limit:
            # The source is kept with the mask: while it exists, no other object has its id.
            self._cached[entry] = source, mask
            self._keys[id(mask)] += 1
            self.bytes += mask.nbytes if self._keys[id(mask)] == 1 else 0
            while self.bytes > self.limit or len(self._cached) > MAX_KEYS:
                self._drop()
        return mask

    def _drop(self) -> None:
        """Drop the key that was not used for longest, and its mask if it has no other key."""
        _, (_, mask) = self._cached.popitem(last=False)
        self._keys[id(mask)] -= 1
        if not self._keys[id(mask)]:
            del self._keys[id(mask)]
            self.bytes -= mask.nbytes

    def holds(self, mask: Mask) -> bool:
        """Whether a mask is cached, and so the same for several requests."""
        return id(mask) in self._keys

    def __len__(self) -> int:
        return len(self._cached)


def combine(
    active: tuple[Expression, ...],
    items: Columns,
    events: Events,
    ids: Ids | None = None,
    cache: MaskCache | None = None,
) -> Mask:
    """Return the rows that are included and not excluded: bool[rows].

    `active` are expressions that `binding.bind` returned. `events` maps event types to rows. Raises
    FilterError if a value cannot be compared with its column.
    """
    cache = MaskCache(0) if cache is None else cache  # not `cache or`: an empty cache is false
    static = [expression for expression in active if not expression.on_events]
    event_based = [expression for expression in active if expression.on_events]
    include = tuple(expression.alternatives for expression in static if expression.action == INCLUDE)
    exclude = tuple(expression.alternatives for expression in static if expression.action != INCLUDE)
    nothing = not include and any(expression.action == INCLUDE for expression in event_based)

    def not_excluded() -> Mask:
        removed = (_alternatives(each, items, ids) for each in exclude)
        return ~reduce(np.logical_or, removed, np.zeros(items.rows, bool))

    def base() -> Mask:
        if nothing:
            return np.zeros(items.rows, bool)
        if not include:
            return not_excluded()
        included = reduce(np.logical_or, (_alternatives(each, items, ids) for each in include))
        return included & cache.get(items, (exclude,), not_excluded) if exclude else included

    mask = cache.get(items, (include, exclude, nothing), base)
    if not event_based:
        return mask
    mask = mask.copy()
    for expression in sorted(event_based, key=lambda each: each.action != INCLUDE):  # includes first
        touched = _event_rows(expression, items.rows, events)
        if expression.action != INCLUDE:
            mask[touched] = False
        elif exclude:
            mask[touched] |= cache.get(items, (exclude,), not_excluded)[touched]
        else:
            mask[touched] = True
    mask.flags.writeable = False
    return mask


def _alternatives(alternatives: tuple[tuple[Condition, ...], ...], items: Columns, ids: Ids | None) -> Mask:
    """Return the rows for which one of the conjunctions holds."""
    return reduce(
        np.logical_or,
        (
            reduce(np.logical_and, (_condition(condition, items, ids) for condition in conjunction))
            for conjunction in alternatives
        ),
    )


def _condition(condition: Condition, items: Columns, ids: Ids | None) -> Mask:
    """Return the rows for which a condition holds, as a new array. A null only satisfies NOT IN."""
    if condition.operator not in COMPARISONS:
        found = _listed(condition, items, ids)
        return np.logical_not(found, out=found) if condition.operator == NOT_IN else found
    assert isinstance(condition.operand, Literals)
    field, wanted = condition.field, condition.operand.values
    column = items.find(field.name)
    if column is None or not wanted:
        return np.zeros(items.rows, bool)
    if column.column_type != NUMBER:
        raise FilterError(f"{field} is not a number and cannot be compared by {condition.operator}; use IN.")
    compared: Mask = COMPARISONS[condition.operator](column.values, number(wanted[0], str(field)))
    return compared & ~np.isnan(column.values) if condition.operator == "!=" else compared


def _listed(condition: Condition, items: Columns, ids: Ids | None) -> Mask:
    """Return the rows that have one of the listed values, as a new array."""
    assert isinstance(condition.operand, Literals)
    field, wanted = condition.field, condition.operand.values
    column = items.find(field.name)
    if column is None:
        if ids is not None and field.name.casefold() == ID_COLUMNS.get(field.dataset):
            return _with_ids(ids, wanted, items.rows)
        return np.zeros(items.rows, bool)  # the schema is newer than the data: null in every row
    if column.column_type == NUMBER:
        return np.isin(column.values, [number(text, str(field)) for text in wanted])
    return _with_text(column, wanted, str(field))


def _with_text(column: Column, wanted: tuple[str, ...], name: str) -> Mask:
    """Return the rows that have one of the values, by dictionary code."""
    if not column.is_text:
        raise FilterError(f"{name} is boolean and cannot be filtered by.")
    codes = column.vocabulary.indexes(wanted)
    listed = np.zeros(len(column.vocabulary), bool)
    listed[codes[codes >= 0]] = True
    if not listed.any():
        return np.zeros(len(column), bool)
    # `take` is twice as fast as indexing.
    if column.column_type == "string" and len(column.codes) == len(column):  # one value in each row
        return listed.take(column.codes)
    # Count hits before each code. A row matches if the count grows between its first code and the next row's.
    before = np.zeros(len(column.codes) + 1, np.int32)
    np.cumsum(listed.take(column.codes), out=before[1:])
    at_start = before.take(column.offsets)
    return at_start[1:] > at_start[:-1]


def _with_ids(ids: Ids, wanted: tuple[str, ...], rows: int) -> Mask:
    found = np.zeros(rows, bool)
    places = ids.indexes(wanted)
    found[places[places >= 0]] = True
    return found


def _event_rows(expression: Expression, rows: int, events: Events) -> NDArray[np.intp] | Mask:
    """Return the rows that an expression on events selects: row numbers, or a mask if it has a NOT IN."""
    folded: dict[str, list[NDArray[np.integer]]] = {}
    for event_type, touched in events.items():
        known = np.asarray(touched)
        folded.setdefault(_event_name(event_type), []).append(known[known >= 0])

    def having(condition: Condition) -> NDArray[np.intp]:
        if isinstance(condition.operand, Everything):
            wanted = set(folded)
        else:
            assert isinstance(condition.operand, Literals)
            wanted = {_event_name(text) for text in condition.operand.values}
            wanted = set(folded) if "*" in wanted else wanted
        found = [each for name in wanted for each in folded.get(name, ())]
        return np.concatenate(found).astype(np.intp) if found else np.empty(0, np.intp)

    def mask_of(condition: Condition) -> Mask:
        mask = np.zeros(rows, bool)
        mask[having(condition)] = True
        return ~mask if condition.operator == NOT_IN else mask

    if any(condition.operator == NOT_IN for condition in expression.conditions):
        conjunctions = (reduce(np.logical_and, map(mask_of, those)) for those in expression.alternatives)
        return reduce(np.logical_or, conjunctions)
    return np.concatenate([reduce(np.intersect1d, map(having, those)) for those in expression.alternatives])


def _event_name(text: str) -> str:
    """Fold an event type: case does not matter, and a space equals an underscore ("Not Taken", NOT_TAKEN)."""
    return text.casefold().replace(" ", "_")
