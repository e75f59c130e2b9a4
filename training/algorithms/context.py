"""What the context of an event says about the item: log P(context | item) - log P(context).

Counts are distinct users. An item with few users is smoothed toward the items that share an attribute with
it, and these toward all items. Each column chooses its smoothing and its attribute by how likely they make
the choices of users who were not counted. A column that predicts nothing about items that way gets no table,
so that chance changes no list.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.features import FeatureColumn, FeatureRows, FeatureSpace
from training.data.prepared import Prepared, Sequences
from training.distributed.process_group import ProcessGroup
from training.progress import log

STRENGTHS = (2.0, 5.0, 15.0, 50.0, 150.0, 500.0, np.inf)
"""How many users the smoothing of an item is worth, to try. Infinite: the item's own users do not count."""

ATTRIBUTE_STRENGTH = 10.0
"""How many users the smoothing of an attribute's value is worth."""

FOLDS = 5
"""The groups of users whose choices are predicted from those of all others."""

MIN_GAIN_ERRORS = 3.0
"""The gain in likelihood that a column must have, in standard errors over users."""

MAX_VALUES = 100
"""The number of values of one column that get a row, the most frequent ones."""

MAX_CELLS = 100_000_000
"""The size of one column's table, 400 MB. With more items, fewer values get a row."""


@dataclass(frozen=True)
class ContextTable:
    """float32[rows, items], and the row of each code of the context's feature space, -1 for none."""

    values: NDArray[np.float32]
    rows: NDArray[np.int32]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by their names in the bundle."""
        return {"context_table": self.values, "context_rows": self.rows}


@dataclass(frozen=True)
class _Choices:
    """The distinct (user, item, value) of one column, and the numbers of items and of values.

    They are those of this process. Users are numbered over all processes of the group.
    """

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    values: NDArray[np.int64]
    shape: tuple[int, int]
    group: ProcessGroup

    def counts(self, where: NDArray[np.bool_] | slice = slice(None)) -> NDArray[np.float64]:
        """The users of all processes of each item in each value: float64[items, values]."""
        items, values = self.shape
        places = self.items[where] * values + self.values[where]
        counts = self.group.sum(np.bincount(places, minlength=items * values))
        return counts.reshape(self.shape).astype(np.float64)


@dataclass(frozen=True)
class _Attribute:
    """An item attribute: the entries (item, value, share), and the number of values. `name` is for people."""

    name: str
    items: NDArray[np.int64]
    values: NDArray[np.int64]
    shares: NDArray[np.float64]
    size: int


def fit(prepared: Prepared) -> ContextTable | None:
    """The table of all columns that say something about items. None if no column does."""
    sequences, items, space = prepared.sequences, len(prepared.items), prepared.context_space
    rows = np.full(space.size, -1, np.int32)
    found: list[NDArray[np.float32]] = []
    attributes = _attributes(prepared.item_space, prepared.item_features) if space.columns else []
    for place, column in enumerate(space.columns):
        codes = _frequent(sequences.context[:, place], column, items, sequences.group)
        if len(codes) < 2:
            continue
        table = _column(_choices(sequences, place, codes, items), column.name, attributes)
        if table is not None:
            rows[codes] = np.arange(len(codes)) + sum(map(len, found))
            found.append(table)
    return ContextTable(np.concatenate(found), rows) if found else None


def _frequent(
    context: NDArray[np.int32], column: FeatureColumn, items: int, group: ProcessGroup
) -> NDArray[np.int64]:
    """The codes of a column that get a row, rising."""
    counts = group.sum(np.bincount(context[context >= 0] - column.first, minlength=column.size))
    most = min(MAX_VALUES, MAX_CELLS // max(items, 1))
    best = np.argsort(-counts, kind="stable")[:most]
    return np.sort(best[counts[best] > 0]) + column.first


def _choices(sequences: Sequences, place: int, codes: NDArray[np.int64], items: int) -> _Choices:
    """Who chose which item in which of these values of a column."""
    context = sequences.context[:, place]
    value = np.minimum(np.searchsorted(codes, context), len(codes) - 1)
    there = codes[value] == context
    keys = (sequences.owners()[there] * items + sequences.items[there]) * len(codes) + value[there]
    pair, value = np.divmod(np.unique(keys), len(codes))
    user = pair // items + sequences.first_user()
    return _Choices(user, pair % items, value, (items, len(codes)), sequences.group)


def _attributes(space: FeatureSpace, features: FeatureRows) -> list[_Attribute]:
    owner = np.repeat(np.arange(len(features)), np.diff(features.offsets))
    found = []
    for column in space.columns:
        mine = (features.codes >= column.first) & (features.codes < column.first + column.size)
        item, weight = owner[mine], features.weights[mine].astype(np.float64)
        total = np.bincount(item, weight, len(features))
        values = features.codes[mine].astype(np.int64) - column.first
        found.append(_Attribute(column.name, item, values, weight / total[item], column.size))
    return found


def _column(choices: _Choices, name: str, attributes: list[_Attribute]) -> NDArray[np.float32] | None:
    """The rows of one column: float32[values, items]. None if the column says nothing about items."""
    candidates = [*product((None, *attributes), STRENGTHS)]
    counts, fold = choices.counts(), choices.users % FOLDS
    gains = np.zeros((len(candidates), len(fold)))
    for number in range(FOLDS):
        mine = fold == number
        others = counts - choices.counts(mine)
        items, values = choices.items[mine], choices.values[mine]
        for attribute in (None, *attributes):
            share, backoff = _backoff(others, attribute)
            for place, (one, strength) in enumerate(candidates):
                if one is attribute:
                    likely = _smoothed(others[items], backoff[items], strength)
                    gains[place, mine] = np.log(likely[np.arange(len(items)), values] / share[values])
    best = int(np.argmax(choices.group.sum(gains.sum(1))))
    _, user = np.unique(choices.users, return_inverse=True)
    by_user = np.bincount(user, gains[best])
    sums = np.array([len(by_user), by_user.sum(), len(user), gains[best].sum()])
    users, whole, count, gain = choices.group.sum(sums).tolist()
    mean = whole / users
    spread = np.sqrt(choices.group.sum(((by_user - mean) ** 2).sum()) / users)
    if mean <= MIN_GAIN_ERRORS * spread / np.sqrt(users):
        log(f"context: {name} says nothing about items")
        return None
    attribute, strength = candidates[best]
    log(
        f"context: {name} makes the choices of items more likely by {gain / count:.3f} (log); "
        f"an item's users count against {strength:g} of {attribute.name if attribute else 'all items'}"
    )
    share, backoff = _backoff(counts, attribute)
    lift: NDArray[np.float32] = np.log(_smoothed(counts, backoff, strength) / share).T.astype(np.float32)
    return np.ascontiguousarray(lift)


def _smoothed(
    counts: NDArray[np.float64], backoff: NDArray[np.float64], strength: float
) -> NDArray[np.float64]:
    """The share of each value: float64[items, values]."""
    if np.isinf(strength):
        return backoff
    smoothed: NDArray[np.float64] = (counts + strength * backoff) / (counts.sum(1, keepdims=True) + strength)
    return smoothed


def _backoff(
    counts: NDArray[np.float64], attribute: _Attribute | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of each value among all items, and what each item's shares are smoothed toward."""
    overall = counts.sum(0) + 1.0
    share = overall / overall.sum()
    whole = np.broadcast_to(share, counts.shape)
    if attribute is None:
        return share, whole
    by_value = np.zeros((attribute.size, counts.shape[1]))
    np.add.at(by_value, attribute.values, attribute.shares[:, None] * counts[attribute.items])
    by_value += ATTRIBUTE_STRENGTH * share
    by_value /= by_value.sum(1, keepdims=True)
    found = np.zeros(counts.shape)
    np.add.at(found, attribute.items, attribute.shares[:, None] * by_value[attribute.values])
    missing = np.bincount(attribute.items, minlength=len(counts)) == 0
    found[missing] = share
    return share, found
