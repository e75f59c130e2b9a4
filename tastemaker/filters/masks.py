"""Bound expressions as masks over rows, without a loop over rows, and a cache of them.

Text is compared by dictionary code: the listed values become a table over the vocabulary, the table is read
at every code, and a row of a multi-valued column counts if any of its codes does. What depends on the user's
events touches a few rows, and is written on top of a cached mask.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import NUMBER, Column, Columns
from tastemaker.filters.errors import FilterError
from tastemaker.filters.syntax import IN, INCLUDE, NOT_IN, Condition, Everything, Expression, Literals
from tastemaker.filters.values import number
from tastemaker.ids import Ids

Mask = NDArray[np.bool_]
Events = Mapping[str, NDArray[np.integer]]

ID_COLUMNS = {"Items": "item_id", "Users": "user_id", "Actions": "action_id"}

_COMPARE = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


class MaskCache:
    """Masks by what they were made of, the longest unused dropped first. Not for several threads at once.

    The columns are part of the key, so a new bundle or fresh columns never see an older mask.
    """

    def __init__(self, limit: int = 64 * 2**20) -> None:
        """`limit` in bytes; a mask takes one byte per row."""
        self.limit = limit
        self.bytes = self.hits = self.misses = 0
        self._kept: OrderedDict[Hashable, tuple[Columns, Mask]] = OrderedDict()

    def get(self, items: Columns, key: Hashable, make: Callable[[], Mask]) -> Mask:
        """The mask kept for this key and these columns, or a new one. It is read-only."""
        place = (id(items), key)
        if place in self._kept:
            self._kept.move_to_end(place)
            self.hits += 1
            return self._kept[place][1]
        self.misses += 1
        mask = make()
        mask.flags.writeable = False
        if mask.nbytes <= self.limit:
            # The columns are kept along with the mask: while they live, no other object can have their id.
            self._kept[place] = items, mask
            self.bytes += mask.nbytes
            while self.bytes > self.limit:
                self.bytes -= self._kept.popitem(last=False)[1][1].nbytes
        return mask

    def __len__(self) -> int:
        return len(self._kept)


def combine(
    active: tuple[Expression, ...],
    items: Columns,
    events: Events,
    ids: Ids | None = None,
    cache: MaskCache | None = None,
) -> Mask:
    """Everything included less everything excluded, for expressions that `binding.bind` returned: bool[rows].

    Raises FilterError if a value cannot be compared with its column.
    """
    cache = MaskCache(0) if cache is None else cache  # an empty cache is false
    lasting = [expression for expression in active if not expression.on_events]
    passing = [expression for expression in active if expression.on_events]
    include = tuple(expression.alternatives for expression in lasting if expression.action == INCLUDE)
    exclude = tuple(expression.alternatives for expression in lasting if expression.action != INCLUDE)
    nothing = not include and any(expression.action == INCLUDE for expression in passing)

    def kept() -> Mask:
        removed = (_alternatives(each, items, ids) for each in exclude)
        return ~reduce(np.logical_or, removed, np.zeros(items.rows, bool))

    def base() -> Mask:
        if nothing:
            return np.zeros(items.rows, bool)
        if not include:
            return kept()
        included = reduce(np.logical_or, (_alternatives(each, items, ids) for each in include))
        return included & cache.get(items, (exclude,), kept) if exclude else included

    mask = cache.get(items, (include, exclude, nothing), base)
    if not passing:
        return mask
    mask = mask.copy()
    for expression in sorted(passing, key=lambda each: each.action != INCLUDE):  # includes first
        touched = _event_rows(expression, items.rows, events)
        if expression.action != INCLUDE:
            mask[touched] = False
        elif exclude:
            mask[touched] |= cache.get(items, (exclude,), kept)[touched]
        else:
            mask[touched] = True
    mask.flags.writeable = False
    return mask


def _alternatives(alternatives: tuple[tuple[Condition, ...], ...], items: Columns, ids: Ids | None) -> Mask:
    """Rows for which one of the conjunctions holds."""
    return reduce(
        np.logical_or,
        (
            reduce(np.logical_and, (_condition(condition, items, ids) for condition in conjunction))
            for conjunction in alternatives
        ),
    )


def _condition(condition: Condition, items: Columns, ids: Ids | None) -> Mask:
    """Rows for which one condition holds: a fresh array. A null satisfies NOT IN and nothing else."""
    assert isinstance(condition.operand, Literals)
    field, wanted = condition.field, condition.operand.values
    column = items.find(field.name)
    if condition.operator in (IN, NOT_IN):
        if column is None and ids is not None and field.name.casefold() == ID_COLUMNS.get(field.dataset):
            found = _with_ids(ids, wanted, items.rows)
        elif column is None:
            found = np.zeros(items.rows, bool)  # a column that came later than the data: null in every row
        elif column.kind == NUMBER:
            found = np.isin(column.values, [number(text, str(field)) for text in wanted])
        else:
            found = _with_text(column, wanted, str(field))
        return found if condition.operator == IN else np.logical_not(found, out=found)
    if column is None or not wanted:
        return np.zeros(items.rows, bool)
    if column.kind != NUMBER:
        raise FilterError(f"{field} is no number and cannot be compared by {condition.operator}: use IN")
    found = _COMPARE[condition.operator](column.values, number(wanted[0], str(field)))
    return found & ~np.isnan(column.values) if condition.operator == "!=" else found


def _with_text(column: Column, wanted: tuple[str, ...], name: str) -> Mask:
    """Rows that have one of the values, by way of their codes."""
    if not column.is_text:
        raise FilterError(f"{name} is true or false and cannot be filtered by")
    codes = column.vocabulary.indexes(wanted)
    listed = np.zeros(len(column.vocabulary), bool)
    listed[codes[codes >= 0]] = True
    if not listed.any():
        return np.zeros(len(column), bool)
    # `take` reads the table twice as fast as indexing does.
    if column.kind == "string" and len(column.codes) == len(column):  # one value in each row
        return listed.take(column.codes)
    # Hits before each code; a row has one if the count grows between its first code and the next row's.
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
    """What an expression on event types selects: row numbers, or a mask when NOT IN makes it large."""
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
    """Event types match in any case; a blank is as good as an underscore ("Not Taken", "NOT_TAKEN")."""
    return text.casefold().replace(" ", "_")
