"""The questions of `benchmarks.quality.related`: what is held out, what is asked, and the figures."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import related_peers
from tastemaker.metrics import hits, ndcg, summarize
from tastemaker.models.affinity import AffinityModel
from tastemaker.models.bundle import HISTORY_LENGTH, Histories
from tastemaker.models.topk import top_k
from training.algorithms.content import COLD
from training.config import Config
from training.data.baskets import baskets as baskets_of
from training.data.prepared import Prepared, Sequences
from training.data.split import Cases, test_cases, without
from training.output.bundle_writer import Fitted
from training.output.evaluate import scorer
from training.pipelines import affinity
from training.pipelines.base import Pipeline, fitted_model
from training.pipelines.registry import pipeline
from training.pipelines.similar import SimilarPipeline
from training.progress import StopSignal
from training.text import sentence_model
from training.text.encoders import Lsa, TextEncoder
from training.text.item_vectors import ItemTexts
from training.text.text_cache import TextCache
from training.tuning.objective import truths

Figures = dict[str, Any]
Score = Callable[[int], NDArray[np.floating]]
"""The scores of all items for an item."""

MAX_QUESTIONS = 1_000
MAX_TRUTHS = 5
"""The number of events after an event that count as its truth."""

LISTS, LIST_LENGTH = 80, 25
"""The lists that are searched for new items."""

NEW_ITEMS = 40
LIKENESS_LISTS, LIKENESS_EVENTS = 300, 15
"""The lists whose likeness is measured, and the fewest events of their items."""

WEEK = 7 * 86_400
VECTORS = tempfile.TemporaryDirectory()
"""The folder of the sentence model's vectors, kept for the next seed and question."""


class Asked(NamedTuple):
    """An item that is asked for, and the distinct items that would be right."""

    item: int
    right: NDArray[np.integer]


def coming_next(config: Config, prepared: Prepared) -> Iterator[Figures]:
    """aws-sims beside its peers, by the metrics of a solution version."""
    cases = test_cases(prepared.sequences, config.seed)
    training = prepared.with_sequences(without(prepared.sequences, cases, whole=True))
    wanted = truths(prepared.sequences, cases)

    def figures(model: str, score: Callable[[int, int], NDArray], cpu: float) -> Figures:
        found = [top_k(score(int(u), int(s)), 25) for u, s in zip(cases.users, cases.shown, strict=True)]
        return {"model": model, **summarize(found, wanted, len(prepared.items)), "cpu": cpu}

    def by_last(score: Score) -> Callable[[int, int], NDArray]:
        return lambda user, shown: score(int(prepared.sequences.history(user, shown).items[-1]))

    recipe = pipeline(replace(config, recipe="aws-sims"), checkpoints=None, stop=StopSignal())
    fitted, cpu = trained(recipe, training)
    with fitted_model(fitted, training, recipe.config) as model:
        yield figures("ours", scorer(model, prepared), cpu)
    for peer in related_peers.by_users(training.sequences, len(prepared.items)):
        yield figures(peer.name, by_last(peer.score), peer.cpu)


def alike(config: Config, prepared: Prepared) -> Iterator[Figures]:
    """aws-similar-items beside aws-sims: the next different item, and what is in the lists."""
    sequences, items = prepared.sequences, len(prepared.items)
    cases = test_cases(sequences, config.seed)
    training = prepared.with_sequences(without(sequences, cases, whole=True))
    asked, rng = list(next_different(sequences, cases)), np.random.default_rng([config.seed, 16])
    counts = np.bincount(training.sequences.items, minlength=items)
    known = rng.permutation(np.flatnonzero(counts >= LIKENESS_EVENTS))
    new = np.zeros(items, bool)
    new[rng.permutation(np.flatnonzero(counts >= COLD))[:NEW_ITEMS]] = True
    before_new = replace(
        training.with_sequences(training.sequences.keep(~new[training.sequences.items])),
        item_created=np.where(new, training.latest, training.item_created),
    )
    category = related_peers.categories(prepared)

    for name in ("aws-similar-items", "aws-sims"):
        recipe = pipeline(replace(config, recipe=name), checkpoints=None, stop=StopSignal())
        fitted, cpu = trained(recipe, training)
        with fitted_model(fitted, training, recipe.config) as model:
            score = model.score_item
            lists = [top_k(_without(score(one.item), one.item), LIST_LENGTH) for one in asked]
            near = [(one, top_k(_without(score(one), one), 10)) for one in known[:LIKENESS_LISTS].tolist()]
        with fitted_model(recipe.fit(before_new), before_new, recipe.config) as model:
            score = model.score_item
            some = known[~new[known]][:LISTS].tolist()
            holding = [new[top_k(_without(score(one), one), LIST_LENGTH)].any() for one in some]
        found = quality(lists, asked)
        yield {
            "model": f"ours, {name}",
            "hit rate@10": found["recall@10"],
            "ndcg@10": found["ndcg@10"],
            "likeness": float(np.mean([(category[row] @ category[one]).mean() for one, row in near])),
            "lists with new items": float(np.mean(holding)),
            "cpu": cpu,
        }


def trained(recipe: Pipeline, prepared: Prepared) -> tuple[Fitted, float]:
    """What a recipe has learned from this data, and the CPU seconds that it took."""
    began = _cpu()
    recipe.tune(prepared)
    return recipe.fit(prepared), _cpu() - began


def next_different(sequences: Sequences, cases: Cases) -> Iterator[Asked]:
    """The last item that each case shows, and the next item that is another one."""
    for user, shown in zip(cases.users, cases.shown, strict=True):
        items = sequences.history(int(user)).items
        later = items[int(shown) :]
        others = later[later != items[int(shown) - 1]]
        if len(others):
            yield Asked(int(items[int(shown) - 1]), others[:1])


def cold(config: Config, prepared: Prepared) -> Iterator[Figures]:
    """aws-similar-items with and without texts, beside plain similarity of attributes."""
    sequences, items = prepared.sequences, len(prepared.items)
    rng = np.random.default_rng([config.seed, 11])
    able = np.flatnonzero(np.bincount(sequences.items, minlength=items) >= COLD)
    new = np.zeros(items, bool)
    new[rng.permutation(able)[: len(able) // 10]] = True
    training = prepared.with_sequences(sequences.keep(~new[sequences.items]))
    forth, back = around(sequences, new, rng)

    def figures(model: str, score: Score, cpu: float) -> Figures:
        from_new = [top_k(score(one.item), 11) for one in forth]
        to_new = [top_k(np.where(new, score(one.item), -np.inf), 10) for one in back]
        found = quality([row[row != one.item] for row, one in zip(from_new, forth, strict=True)], forth)
        there = quality(to_new, back)
        both = {f"from {k}": v for k, v in found.items()} | {f"to {k}": v for k, v in there.items()}
        return {"model": model, **both, "cpu": cpu}

    for name, encoder in _encoders(config.seed):
        recipe = SimilarPipeline(replace(config, recipe="aws-similar-items"), None, StopSignal())
        recipe.texts = ItemTexts(config if encoder else _textless(config), None, StopSignal(), encoder)
        fitted, cpu = trained(recipe, training)
        with fitted_model(fitted, training, recipe.config) as model:
            yield figures(f"ours, {name}", model.score_item, cpu)
    for peer in related_peers.by_content(prepared, training.sequences, config.seed):
        yield figures(peer.name, peer.score, peer.cpu)


def baskets(config: Config, prepared: Prepared) -> Iterator[Figures]:
    """Frequently bought together, beside neighbors by users and by baskets."""
    sequences, items = prepared.sequences, len(prepared.items)
    begins = prepared.latest - WEEK
    held_in, late = baskets_of(sequences), sequences.times > begins
    rng = np.random.default_rng([config.seed, 12])
    asked: list[Asked] = []
    for basket in rng.permutation(np.unique(held_in[late])):
        held = np.unique(sequences.items[(held_in == basket) & late])
        if len(held) > 1 and len(asked) < MAX_QUESTIONS:
            one = int(rng.choice(held))
            asked.append(Asked(one, held[held != one]))
    older = sequences.keep(~late)
    histories = Histories(older.offsets, older.items, older.times, older.types).newest(HISTORY_LENGTH)
    training = replace(prepared, sequences=older, histories=histories)
    most_bought = top_k(older.counts(items).astype(np.float64), 10)

    def figures(model: str, score: Score, cpu: float) -> Figures:
        found = [top_k(score(one.item), 11) for one in asked]
        lists = [row[row != one.item] for row, one in zip(found, asked, strict=True)]
        popular = float(np.mean([np.isin(row[:10], most_bought).mean() for row in lists]))
        return {"model": model, **quality(lists, asked), "best sellers": popular, "cpu": cpu}

    recipe = pipeline(
        replace(config, recipe="aws-ecomm-frequently-bought-together"),
        checkpoints=None,
        stop=StopSignal(),
    )
    fitted, cpu = trained(recipe, training)
    with fitted_model(fitted, training, recipe.config) as model:
        yield figures("ours", model.score_item, cpu)
    for peer in related_peers.by_baskets(training.sequences, items):
        yield figures(peer.name, peer.score, peer.cpu)


def segments(config: Config, prepared: Prepared) -> Iterator[Figures]:
    """aws-item-affinity beside activity, past events with the item, and matrix factorization."""
    recipe = affinity.AffinityPipeline(replace(config, recipe="aws-item-affinity"), None, StopSignal())
    older, truth = affinity.split(prepared)
    questions = list(recipe.questions(prepared, truth, affinity.QUESTIONS))
    most = affinity.segment_size(len(prepared.users))
    wanted = [one.users for one in questions]

    def figures(model: str, score: Callable[[int], NDArray], cpu: float) -> Figures:
        found = [top_k(score(int(np.flatnonzero(one.items)[0])), most) for one in questions]
        return {"model": model, **affinity.summarize(found, wanted, len(prepared.users), most), "cpu": cpu}

    fitted, cpu = trained(recipe, older)
    with fitted_model(fitted, older, recipe.config, with_histories=True) as model:
        assert isinstance(model, AffinityModel)
        yield figures("ours", model.users_for_item, cpu)
    for peer in related_peers.of_users(older.sequences, len(prepared.items)):
        yield figures(peer.name, peer.score, peer.cpu)


def texts(config: Config, prepared: Prepared) -> Iterator[Figures]:
    """Each encoder alone: the categories of the nearest items, and the items with the same users."""
    items = len(prepared.items)
    known = np.flatnonzero(np.bincount(prepared.sequences.items, minlength=items) >= 4 * COLD)
    some = np.sort(np.random.default_rng([config.seed, 13]).permutation(known)[:MAX_QUESTIONS])
    together_with = related_peers.cosines(prepared.sequences, items)
    asked = [Asked(int(item), top_k(_without(together_with(int(item)), item), 10)) for item in some]
    categories = related_peers.categories(prepared)

    def figures(model: str, score: Score, cpu: float) -> Figures:
        lists = [top_k(_without(score(one.item), one.item), 10) for one in asked]
        alike = [categories[row] @ categories[one.item] for row, one in zip(lists, asked, strict=True)]
        shared = float(np.mean([row.mean() for row in alike]))
        return {"model": model, "categories": shared, **quality(lists, asked), "cpu": cpu}

    for name, encoder in _encoders(config.seed):
        if encoder is not None:
            began = _cpu()
            vectors = ItemTexts(config, None, StopSignal(), encoder).vectors(prepared)
            yield figures(name, _nearness(vectors), _cpu() - began)
    chance = np.random.default_rng([config.seed, 14])
    yield figures("random", lambda item: chance.random(items), 0.0)


QUESTIONS: dict[str, Callable[[Config, Prepared], Iterator[Figures]]] = {
    "next": coming_next,
    "alike": alike,
    "cold": cold,
    "baskets": baskets,
    "segments": segments,
    "texts": texts,
}


def _encoders(seed: int) -> Iterator[tuple[str, TextEncoder | None]]:
    yield "attributes alone", None
    yield "LSA", Lsa(seed=seed)
    if sentence_model.installed():
        yield "MiniLM", TextCache(sentence_model.SentenceModel(), Path(VECTORS.name), StopSignal())


def _textless(config: Config) -> Config:
    items = replace(config.datasets["ITEMS"], name_column=None, text_column=None)
    return replace(config, datasets={**config.datasets, "ITEMS": items})


def around(
    sequences: Sequences, new: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[list[Asked], list[Asked]]:
    """Events with new items and the known ones that followed soon, and the other way round."""
    owners = sequences.owners()
    forth: list[Asked] = []
    back: list[Asked] = []
    for at in rng.permutation(len(sequences.items)):
        item = sequences.items[at]
        end = min(int(at) + 1 + MAX_TRUTHS, int(sequences.offsets[owners[at] + 1]))
        soon = np.unique(sequences.items[at + 1 : end])
        cases, right = (forth, soon[~new[soon]]) if new[item] else (back, soon[new[soon]])
        right = right[right != item]
        if len(right) and len(cases) < MAX_QUESTIONS:
            cases.append(Asked(int(item), right))
        if min(len(forth), len(back)) == MAX_QUESTIONS:
            break
    return forth, back


def quality(lists: Sequence[NDArray[np.integer]], asked: Sequence[Asked]) -> Figures:
    """Means at 10: the NDCG, whose ideal has all right items first, and the share of them that was found."""
    found = [hits(row[:10], set(one.right.tolist())) for row, one in zip(lists, asked, strict=True)]
    gains = [ndcg(row, len(one.right), 10) for row, one in zip(found, asked, strict=True)]
    shares = [float(row.sum()) / min(len(one.right), 10) for row, one in zip(found, asked, strict=True)]
    return {"ndcg@10": float(np.mean(gains)), "recall@10": float(np.mean(shares))}


def _nearness(vectors: NDArray[np.float32]) -> Score:
    return lambda item: vectors @ vectors[item]


def _without(scores: NDArray[np.floating], item: int | np.integer) -> NDArray[np.floating]:
    scores = np.array(scores, np.float64)
    scores[item] = -np.inf
    return scores


_cpu = time.process_time
