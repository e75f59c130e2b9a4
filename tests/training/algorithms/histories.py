"""Small histories whose results can be worked out by hand."""

import numpy as np

from tastemaker.models.sparse import SparseRows
from training.data.prepared import Sequences


def sequences(*histories: list[int]) -> Sequences:
    """One user per list, a second between events."""
    lengths = [len(history) for history in histories]
    count = sum(lengths)
    return Sequences(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.array([item for history in histories for item in history], np.int32),
        np.array([place for history in histories for place in range(len(history))], np.int64),
        np.zeros(count, np.int16),
        np.ones(count, np.float32),
        np.zeros((count, 0), np.int32),
    )


def bought(*people: list[tuple[int, int]]) -> Sequences:
    """One list of (item, time in seconds) per user."""
    flat = [event for person in people for event in person]
    return Sequences(
        np.concatenate([[0], np.cumsum([len(person) for person in people])]).astype(np.int64),
        np.array([item for item, _ in flat], np.int32),
        np.array([time for _, time in flat], np.int64),
        np.zeros(len(flat), np.int16),
        np.ones(len(flat), np.float32),
        np.zeros((len(flat), 0), np.int32),
    )


def many(users: int = 60, items: int = 30) -> Sequences:
    """Random histories of 1 to 11 events."""
    rng = np.random.default_rng(4)
    return sequences(*[rng.integers(0, items, rng.integers(1, 12)).tolist() for _ in range(users)])


def dense(rows: SparseRows) -> np.ndarray:
    """The rows as a matrix."""
    return np.stack([rows.sum(np.array([i]), np.ones(1)) for i in range(rows.items)])
