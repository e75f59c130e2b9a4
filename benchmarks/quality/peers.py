"""Simpler models and models of other libraries, on the same training events.

A peer with settings is tried with several of them, and gets the best of its figures on the test data itself,
an advantage that our model does not get.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.quality.protocols import Protocol, lists_of
from tastemaker.models.sparse import SparseRows
from training.algorithms import linear, popularity
from training.data.prepared import Sequences
from training.output.evaluate import Scorer

Lists = list[NDArray[np.integer]]
Shown = Callable[[int, int], NDArray[np.integer]]
"""The items of a user's first events, from the user and their number."""


class Peer(NamedTuple):
    """The lists of a peer with one setting, and the CPU seconds to fit and to ask it."""

    name: str
    setting: str
    lists: Lists
    cpu: float


def every(protocol: Protocol, rectools: Path | None, epochs: int) -> Iterator[Peer]:
    """All peers. SASRec is included if `rectools` is a Python that has it."""
    yield from simple(protocol)
    if rectools:
        yield from sasrec(protocol, rectools, [epochs])


def simple(protocol: Protocol) -> Iterator[Peer]:
    """Popularity, the user's most frequent items, item neighbors, matrix factorization, and EASE."""
    sequences, items = protocol.training.sequences, len(protocol.whole.items)
    popular = popularity.distinct_users(sequences, items).astype(np.float32)
    yield _asked(protocol, "popularity", "", time.process_time(), lambda user, shown: popular)
    faint = popular / (popular.max(initial=1.0) + 1.0)

    def frequency(user: int, shown: int) -> NDArray[np.float32]:
        mine = protocol.whole.sequences.history(user, shown).items
        return np.bincount(mine, minlength=items).astype(np.float32) + faint

    yield _asked(protocol, "personal top-frequency", "", time.process_time(), frequency)
    yield from _implicit(protocol, touched_by(sequences, items))
    for regularization in (100.0, 500.0):
        began = time.process_time()
        rows = linear.fit(sequences, items, regularization)

        def ease(user: int, shown: int, rows: SparseRows = rows) -> NDArray[np.float32]:
            mine = np.unique(protocol.whole.sequences.history(user, shown).items)
            return rows.sum(mine, np.ones(len(mine)))

        yield _asked(protocol, "EASE", f"λ {regularization:.0f}", began, ease)


def _asked(protocol: Protocol, name: str, setting: str, began: float, score: Scorer) -> Peer:
    return Peer(name, setting, lists_of(protocol, score), time.process_time() - began)


def touched_by(sequences: Sequences, items: int) -> sparse.csr_matrix:
    """How often each user has each item: float32[users, items]."""
    shape = (sequences.users, items)
    ones = np.ones(len(sequences.items), np.float32)
    return sparse.csr_matrix((ones, (sequences.owners(), sequences.items)), shape=shape)


def _implicit(protocol: Protocol, touched: sparse.csr_matrix) -> Iterator[Peer]:
    """Models of the library implicit. Users outside the training data are folded in, as it does."""

    def shown_items(user: int, shown: int) -> NDArray[np.integer]:
        return protocol.whole.sequences.history(user, shown).items

    for count in (50, 200):
        began = time.process_time()
        yield _asked(
            protocol, "item-kNN", f"{count} neighbors", began, neighbors(touched, shown_items, count)
        )
    for width, regularization in ((32, 0.1), (64, 1.0), (128, 10.0)):
        began = time.process_time()
        score = factors(touched, shown_items, width, regularization)
        yield _asked(protocol, "ALS", f"{width} factors", began, score)


def neighbors(touched: sparse.csr_matrix, shown_items: Shown, count: int) -> Scorer:
    """Item neighbors by cosine, fitted by implicit."""
    from implicit.nearest_neighbours import CosineRecommender

    near = CosineRecommender(K=count, num_threads=1)
    near.fit(touched, show_progress=False)
    similar = near.similarity.tocsr()

    def score(user: int, shown: int) -> NDArray[np.float32]:
        found: NDArray[np.float32] = (_row(shown_items(user, shown), touched) @ similar).toarray()[0]
        return found.astype(np.float32)

    return score


def factors(touched: sparse.csr_matrix, shown_items: Shown, width: int, regularization: float) -> Scorer:
    """Matrix factorization, fitted by implicit."""
    from implicit.als import AlternatingLeastSquares

    als = AlternatingLeastSquares(
        factors=width, regularization=regularization, iterations=15, num_threads=1, random_state=0
    )
    als.fit(touched, show_progress=False)

    def score(user: int, shown: int) -> NDArray[np.float32]:
        row = _row(shown_items(user, shown), touched)
        found: NDArray[np.float32] = als.item_factors @ als.recalculate_user(0, row).ravel()
        return found

    return score


def _row(items: NDArray[np.integer], touched: sparse.csr_matrix) -> sparse.csr_matrix:
    ones = np.ones(len(items), np.float32)
    return sparse.csr_matrix((ones, items, [0, len(items)]), shape=(1, touched.shape[1]))


def sasrec(
    protocol: Protocol, python: Path, stages: list[int], rate: float = 1e-3, batch: int = 128
) -> Iterator[Peer]:
    """RecTools' SASRec after each of these numbers of epochs, run by an environment that has it.

    See `benchmarks/training/sasrec.py`. The learning rate and the batch size are the library's own unless
    others are given.
    """
    sequences, cases = protocol.training.sequences, protocol.cases
    with tempfile.TemporaryDirectory() as folder:
        asked = [
            protocol.whole.sequences.history(int(user), int(shown)).items
            for user, shown in zip(cases.users, cases.shown, strict=True)
        ]
        np.savez(
            Path(folder) / "given.npz",
            users=sequences.owners(),
            items=sequences.items,
            times=sequences.times,
            asked_users=np.repeat(cases.users, [len(one) for one in asked]),
            asked_items=np.concatenate(asked),
            cases=cases.users,
            seen=protocol.seen,
        )
        program = Path(__file__).parents[1] / "training" / "sasrec.py"
        subprocess.run(
            [str(python), "-I", str(program), folder, *map(str, (rate, batch, *stages))], check=True
        )
        answers = json.loads((Path(folder) / "found.json").read_text())
    for said in answers:
        lists: Lists = [np.asarray(said["lists"].get(str(user), [0]), np.int64) for user in cases.users]
        yield Peer("RecTools SASRec", f"{said['epochs']} epochs", lists, said["cpu"])
