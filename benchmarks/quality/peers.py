"""Simpler models and models of other libraries, on the same training events.

A peer with settings is tried with several of them, and gets the best of its figures on the test data itself,
an advantage that our model does not get.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
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
    yield from _implicit(protocol, _matrix(sequences, items))
    for regularization in (100.0, 500.0):
        began = time.process_time()
        rows = linear.fit(sequences, items, regularization)

        def ease(user: int, shown: int, rows: SparseRows = rows) -> NDArray[np.float32]:
            mine = np.unique(protocol.whole.sequences.history(user, shown).items)
            return rows.sum(mine, np.ones(len(mine)))

        yield _asked(protocol, "EASE", f"λ {regularization:.0f}", began, ease)


def _asked(protocol: Protocol, name: str, setting: str, began: float, score: Scorer) -> Peer:
    return Peer(name, setting, lists_of(protocol, score), time.process_time() - began)


def _matrix(sequences: Sequences, items: int) -> sparse.csr_matrix:
    shape = (sequences.users, items)
    ones = np.ones(len(sequences.items), np.float32)
    return sparse.csr_matrix((ones, (sequences.owners(), sequences.items)), shape=shape)


def _implicit(protocol: Protocol, touched: sparse.csr_matrix) -> Iterator[Peer]:
    """Models of the library implicit. Users outside the training data are folded in, as it does."""
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import CosineRecommender

    items = touched.shape[1]

    def row(user: int, shown: int) -> sparse.csr_matrix:
        mine = protocol.whole.sequences.history(user, shown).items
        return sparse.csr_matrix((np.ones(len(mine), np.float32), mine, [0, len(mine)]), shape=(1, items))

    for neighbors in (50, 200):
        began = time.process_time()
        near = CosineRecommender(K=neighbors, num_threads=1)
        near.fit(touched, show_progress=False)
        similar = near.similarity

        def by_item(user: int, shown: int, similar: sparse.csr_matrix = similar) -> NDArray[np.float32]:
            return np.asarray((row(user, shown) @ similar).todense(), np.float32)[0]

        yield _asked(protocol, "item-kNN", f"{neighbors} neighbors", began, by_item)
    for factors, regularization in ((32, 0.1), (64, 1.0), (128, 10.0)):
        began = time.process_time()
        als = AlternatingLeastSquares(
            factors=factors, regularization=regularization, iterations=15, num_threads=1, random_state=0
        )
        als.fit(touched, show_progress=False)

        def by_factors(user: int, shown: int, als: AlternatingLeastSquares = als) -> NDArray[np.float32]:
            return als.item_factors @ als.recalculate_user(0, row(user, shown)).ravel()

        yield _asked(protocol, "ALS", f"{factors} factors", began, by_factors)


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
