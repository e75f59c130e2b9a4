"""How early a search shows the item that a user wants: by text alone, and personalized.

    python -m benchmarks.quality.search --retail FOLDER --seeds 0 1 2

Users are held out as in Personalize's own protocol (`new_users`). The wanted item is the next one that the
user touches. The search names its second category and one word of its name that at least ten items have,
drawn at random: what a person would type who does not know the item. The text search is the embedded index.
The personal order is that of the trained model with the user's history before that moment.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import datasets, lake
from benchmarks.quality.protocols import Protocol, new_users
from tastemaker.columns import Columns
from tastemaker.ids import Ids
from tastemaker.models import Bundle, load
from tastemaker.search import engine
from tastemaker.search.analysis.words import words
from tastemaker.search.index.mapping import read_mapping
from tastemaker.search.index.reader import Reader
from tastemaker.search.index.segment import Segment
from tastemaker.search.pipelines.fusion import combine_ranks, combine_scores
from tastemaker.search.queries.context import QueryContext
from tastemaker.search.results.fusing import Fusing
from tastemaker.search.vectors.text_vectors import FIELD, TextVectors
from training.config_reader import read_config
from training.data.prepare import prepare
from training.output.bundle_writer import export
from training.output.evaluate import Scorer, scorer
from training.pipelines.registry import pipeline
from training.progress import StopSignal
from training.text.encoders import Lsa

TEXTS = ("PRODUCT_NAME", "PRODUCT_DESCRIPTION")
FIELDS = ("PRODUCT_NAME^2", "PRODUCT_DESCRIPTION", "CATEGORY_L2")
MIN_ITEMS = 10
FIRST = 5
FUSING = Fusing(weights=(0.7, 0.3))
"""How hybrid searches are fused: normalized scores, and more weight on the text."""


@dataclass(frozen=True)
class Setting:
    """One way to order hits. `window` is how many hits are re-ranked."""

    name: str
    weight: float
    window: int
    by_scores: bool = False
    hybrid: bool = False


SETTINGS = (
    Setting("text alone", 0.0, 100),
    Setting("w = .3, window 100", 0.3, 100),
    Setting("w = .7, window 100", 0.7, 100),
    Setting("w = 1, window 100", 1.0, 100),
    Setting("w = .7, window 200", 0.7, 200),
    Setting("w = .7, the page of 10", 0.7, 10),
    Setting("w = .5, scores, window 100", 0.5, 100, by_scores=True),
    Setting("hybrid", 0.0, 200, hybrid=True),
    Setting("hybrid, w = .7, window 200", 0.7, 200, hybrid=True),
)


def main(argv: list[str] | None = None) -> None:
    """Run and print a line for each setting, and a table at the end."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality.search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--retail", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a hyperparameter")
    args = parser.parse_args(argv)
    import torch

    torch.set_num_threads(1)
    hyperparameters = dict(pair.split("=", 1) for pair in args.set)
    print("| order | MRR | among the first five | found at all |\n| --- | ---: | ---: | ---: |")
    for seed in args.seeds:
        for row in run(args.retail, seed, hyperparameters):
            print(
                f"| {row['name']} | {row['mrr']:.3f} | {row['first']:.3f} | {row['found']:.3f} |",
                flush=True,
            )
            print(json.dumps({"seed": seed, **row}), flush=True)


def run(folder: Path, seed: int, hyperparameters: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The figures of each setting for one seed."""
    data = datasets.retail(folder)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        path = lake.write(
            root, data.tables, categorical=data.categorical, seed=seed, hyperParameters=hyperparameters
        )
        config = read_config(path)
        held = new_users(prepare(config, root), seed)
        recipe = pipeline(config, checkpoints=None, stop=StopSignal())
        recipe.tune(held.training)
        export(recipe.fit(held.training), held.training, recipe.config, root / "model")
        score = scorer(load(Bundle.open(root / "model")), held.whole)
        cases = list(searches(held, score, seed))
    for setting in SETTINGS:
        ranks = [rank_of(case[setting.hybrid], setting) for case in cases]
        found = np.array([0.0 if rank is None else 1 / rank for rank in ranks])
        yield {
            "name": setting.name,
            "cases": len(cases),
            "mrr": float(found.mean()),
            "first": float((found >= 1 / FIRST).mean()),
            "found": float((found > 0).mean()),
        }


@dataclass(frozen=True)
class Case:
    """A search: the wanted item, and the hits with their scores, text first, then the user's."""

    wanted: int
    hits: Sequence[int]
    text: Sequence[float]
    personal: Sequence[float]


def searches(held: Protocol, score: Scorer, seed: int) -> Iterator[tuple[Case, Case]]:
    """The searches of the held-out users: by text alone, and hybrid."""
    columns, ids = held.whole.item_columns, held.whole.items
    properties = {name: {"type": "text", "analyzer": "english"} for name in (*TEXTS, "CATEGORY_L2")}
    reader = Reader([(Segment.build(columns), ids, columns)])
    vectors = text_vectors(columns, ids, seed)
    context = QueryContext(reader, read_mapping({}, {"properties": properties}), lambda: vectors)
    names = [words(str(columns[TEXTS[0]].value(row) or "")) for row in range(len(ids))]
    common = Counter(word for name in names for word in set(name))
    rng = np.random.default_rng([seed, 11])
    for case in range(len(held.cases)):
        wanted = int(held.truth(case)[0])
        known = sorted({word for word in names[wanted] if common[word] >= MIN_ITEMS})
        category = str(columns["CATEGORY_L2"].value(wanted) or "")
        if not category:
            continue
        text = f"{category} {rng.choice(known)}" if known else category
        query = {"multi_match": {"query": text, "fields": list(FIELDS), "type": "most_fields"}}
        nearest = {"neural": {FIELD: {"query_text": text, "k": 200}}}
        scores = score(int(held.cases.users[case]), int(held.cases.shown[case]))
        each = []
        for one in (query, {"hybrid": {"queries": [query, nearest]}}):
            body = {"query": one, "size": 200, "_source": False}
            found = engine.search("shop", context, body, FUSING)["hits"]["hits"]
            hits = ids.indexes([hit["_id"] for hit in found]).tolist()
            personal = [float(scores[hit]) for hit in hits]
            each.append(Case(wanted, hits, [hit["_score"] for hit in found], personal))
        yield each[0], each[1]


def text_vectors(columns: Columns, ids: Ids, seed: int) -> TextVectors:
    """The vectors that Semantic-Similarity makes without a text model: names count twice."""
    texts = [
        "\n".join(str(columns[name].value(row) or "") for name in (TEXTS[0], *TEXTS))
        for row in range(len(ids))
    ]
    encoder = Lsa(seed=seed)
    made = encoder.encode(texts)
    assert encoder.for_queries is not None
    return TextVectors(ids, made, encoder.for_queries)


def rank_of(case: Case, setting: Setting) -> int | None:
    """The place of the wanted item among the hits, from 1; None if it is not among them."""
    count = min(setting.window, len(case.hits))
    personal = np.array(case.personal[:count])
    if setting.by_scores:
        scores = combine_scores(case.text[:count], np.exp(personal - personal.max()).tolist(), setting.weight)
    else:
        ranks = np.empty(count, np.int64)
        ranks[np.argsort(-personal, kind="stable")] = np.arange(1, count + 1)
        scores = combine_ranks(ranks.tolist(), setting.weight)
    order = [*np.argsort(-scores, kind="stable").tolist(), *range(count, len(case.hits))]
    places = [case.hits[one] for one in order]
    return places.index(case.wanted) + 1 if case.wanted in places else None


if __name__ == "__main__":
    main()
