"""Which question Amazon Personalize may have asked its SIMS model when it printed the model's metrics.

    python -m benchmarks.quality.sims_questions --movies FOLDER [--seeds 0 1]

AWS's workshop prints metrics of `aws-sims` on the movies, but not which items its test users' lists were
asked for, nor what counted as a hit. A plain model of common users answers each possible question here, with
the default hyperparameters of the recipe and without them. The question that was asked must reproduce
coverage, reciprocal rank, NDCG and precision together. The distance of a question is the root mean square of
the logarithms of its metrics over the printed ones: .1 means about 10 % off.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.data import datasets
from tastemaker.metrics import LIST_LENGTH, summarize
from tastemaker.models.topk import top_k

Items = NDArray[np.integer]

PRINTED = dict(
    zip(
        ("coverage", "MRR@25", "NDCG@5", "NDCG@10", "NDCG@25", "P@5", "P@10", "P@25"),
        (0.1861, 0.1669, 0.1889, 0.2234, 0.2895, 0.0824, 0.0588, 0.0418),
        strict=True,
    )
)
"""In the order of `summarize`. Source: the table in docs/models.md."""

TEST_SHARE, INPUT_SHARE = 0.1, 0.9
MAX_ASKED = 15
"""The most items of one user that are asked for, where a question asks for many."""


class Model(NamedTuple):
    """The weight of a pair is its common users, divided by the users of the neighbor to a power."""

    power: float
    min_users: int = 0


MODELS = (Model(0.0), Model(0.5), Model(0.5, 3), Model(0.75, 3), Model(1.0, 3))


def questions(history: Items, rng: np.random.Generator) -> Iterator[tuple[str, list[tuple[int, Items]]]]:
    """Each question by name: the items that are asked for, and what counts as a hit for each."""
    cut = int(len(history) * INPUT_SHARE)
    shown, later = history[:cut], history[cut:]
    around = np.concatenate([shown[-1:], later])
    some = rng.permutation(np.unique(shown))[:MAX_ASKED]
    steps = range(min(len(later), MAX_ASKED))
    yield "last shown, all later", [(shown[-1], later)]
    yield "last shown, next", [(shown[-1], later[:1])]
    yield "last shown, next other item", [(shown[-1], later[later != shown[-1]][:1])]
    yield "last ten shown, all later", [(item, later) for item in shown[-10:]]
    yield "any shown, all later", [(item, later) for item in some]
    yield "each withheld, next", [(around[at], around[at + 1 : at + 2]) for at in steps]
    yield "each withheld, all after it", [(around[at], around[at + 1 :]) for at in steps]
    yield "each withheld, all others", [(item, later[later != item]) for item in np.unique(later)[:MAX_ASKED]]


def weights(
    histories: list[Items], items: int, model: Model
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The weights of all pairs, float64[items, items], and the users of each item."""
    rows = np.repeat(np.arange(len(histories)), [len(one) for one in histories])
    table = sparse.csr_matrix(
        (np.ones(len(rows)), (rows, np.concatenate(histories))), (len(histories), items)
    )
    table.data[:] = 1.0
    users = np.asarray(table.sum(0)).ravel()
    common = (table.T @ table).toarray()
    common[common < model.min_users] = 0.0
    np.fill_diagonal(common, 0.0)
    return common / np.maximum(users, 1.0) ** model.power, users.astype(np.int64)


def answered(pairs: NDArray[np.float64], users: NDArray[np.int64], item: int) -> Items:
    """The list for an item, filled up with popular items."""
    best = top_k(pairs[item], LIST_LENGTH)
    best = best[pairs[item][best] > 0]
    popular = top_k(users.astype(np.float64), 2 * LIST_LENGTH + 1)
    rest = popular[(popular != item) & ~np.isin(popular, best)]
    return np.concatenate([best, rest])[:LIST_LENGTH]


def figures(
    histories: list[Items], items: int, seed: int
) -> Iterator[tuple[tuple[str, str, Model], list[float]]]:
    """The metrics of every question, model, and way to treat test users in training."""
    rng = np.random.default_rng(seed)
    test = rng.permutation(len(histories))[: round(TEST_SHARE * len(histories))]
    asked: dict[str, list[tuple[int, Items]]] = {}
    for user in test:
        for name, cases in questions(histories[user], rng):
            asked.setdefault(name, []).extend(case for case in cases if len(case[1]))
    for name, kept in (("withheld whole", 0.0), ("input is trained on", INPUT_SHARE)):
        chosen = set(test.tolist())
        trained = [
            one[: int(len(one) * kept)] if user in chosen else one for user, one in enumerate(histories)
        ]
        for model in MODELS:
            pairs, users = weights(trained, items, model)
            for question, cases in asked.items():
                lists = [answered(pairs, users, item) for item, _ in cases]
                metrics = summarize(lists, [truth.tolist() for _, truth in cases], items)
                yield (question, name, model), list(metrics.values())


def distance(metrics: NDArray[np.float64]) -> float:
    """How far metrics are from the printed ones."""
    ratios = np.log(np.maximum(metrics, 1e-4) / np.array(list(PRINTED.values())))
    return float(np.sqrt((ratios**2).mean()))


def main(argv: list[str] | None = None) -> None:
    """Print the questions whose answers are nearest to the printed metrics."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality.sims_questions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--movies", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--lines", type=int, default=12)
    arguments = parser.parse_args(argv)
    data = datasets.movies(arguments.movies)
    table = data.tables["INTERACTIONS"].sort_by([("TIMESTAMP", "ascending")]).to_pandas()
    item = table["ITEM_ID"].astype("category").cat.codes.to_numpy()
    catalog = data.tables["ITEMS"].num_rows
    histories = [item[places] for places in table.groupby("USER_ID").indices.values()]
    found: dict[tuple[str, str, Model], list[list[float]]] = {}
    for seed in arguments.seeds:
        for key, metrics in figures(histories, catalog, seed):
            found.setdefault(key, []).append(metrics)
    means = {key: np.mean(metrics, axis=0) for key, metrics in found.items()}
    print(f"{'distance':>8}  {'  '.join(f'{name:>8}' for name in PRINTED)}")
    print(
        f"{'':8}  {'  '.join(f'{value:8.4f}' for value in PRINTED.values())}  printed by Amazon Personalize"
    )
    for key in sorted(means, key=lambda key: distance(means[key]))[: arguments.lines]:
        question, trained, model = key
        values = "  ".join(f"{value:8.4f}" for value in means[key])
        print(f"{distance(means[key]):8.3f}  {values}  {question}; test users {trained}; {model}")


if __name__ == "__main__":
    main()
