"""The weights of a blend, chosen on validation data.

Every part scores every validation case. Candidates are what any part puts near the top, and the truth;
weights start with the best single part alone and change one at a time, as long as the objective grows. So the
blend is never worse than its best part on the data that it is chosen by, and on small data a part that brings
nothing gets nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.models import parts
from tastemaker.models.sequence import SequenceModel
from tastemaker.ranking.topk import top_k
from training.data import Prepared
from training.objective import gains, truths
from training.progress import say
from training.split import Cases

HALF_LIVES = {
    "transitions": (1.0, 2.0, 4.0, 8.0),
    "linear": (3.0, 6.0, 15.0, 50.0),
    "repeat": (3.0, 10.0, 50.0),
}
GRID = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2)
CANDIDATES = 100
"""Items taken from each part for each case. Lists are 25 long."""

LEAST_GAIN = 2e-4
"""A change must bring this much (relative: 0.1 % of a usual objective), so that noise alone moves nothing."""


@dataclass(frozen=True)
class Choice:
    """Settings of each part as they go into the manifest, and the objective of the blend and of each part
    alone.
    """

    parts: dict[str, dict[str, float]]
    reached: float
    alone: dict[str, float]


def choose(model: SequenceModel, prepared: Prepared, cases: Cases) -> Choice:
    """Half-lives and weights for `model`, whose parts are fitted without the truth of `cases`."""
    wanted = truths(prepared.sequences, cases)
    items, scores, names = _candidates(model, prepared, cases, wanted)
    alone = {name: _objective(items, scores[:, :, column], wanted) for column, name in enumerate(names)}
    kept: dict[str, int] = {}  # the best half-life of each part
    for column, name in enumerate(names):
        part = name.split("@")[0]
        if part not in kept or alone[name] > alone[names[kept[part]]]:
            kept[part] = column
    columns = list(kept.values())
    matrix = scores[:, :, columns]
    weights, reached = _ascend(items, matrix, wanted, [alone[names[c]] for c in columns])
    chosen: dict[str, dict[str, float]] = {}
    for part, column, weight in zip(kept, columns, weights, strict=True):
        chosen[part] = {"weight": round(float(weight), 4)}
        if "@" in names[column]:
            chosen[part]["halfLife"] = float(names[column].split("@")[1])
    for part in kept:
        say(f"blend: {part} {chosen[part]} alone {alone[names[kept[part]]]:.4f}")
    say(f"blend: {reached:.4f} on {len(cases)} validation users")
    return Choice(chosen, reached, {part: alone[names[column]] for part, column in kept.items()})


def variants(model: SequenceModel) -> list[tuple[str, Mapping[str, float]]]:
    """Every part of the model with each half-life that is tried."""
    found: list[tuple[str, Mapping[str, float]]] = []
    for part in model.parts:
        for half_life in HALF_LIVES.get(part, (0.0,)):
            name = f"{part}@{half_life}" if half_life else part
            found.append((name, {"weight": 1.0, "halfLife": half_life}))
    return found


def _candidates(
    model: SequenceModel, prepared: Prepared, cases: Cases, wanted: list[NDArray]
) -> tuple[NDArray[np.int64], NDArray[np.float32], list[str]]:
    """Candidate items int64[cases, candidates] (-1 for none) and their scores float32[cases, candidates,
    variants].
    """
    tried = variants(model)
    names = [name for name, _ in tried]
    found: list[tuple[NDArray, NDArray]] = []
    for user, shown, truth in zip(cases.users, cases.shown, wanted, strict=True):
        history = prepared.sequences.history(int(user), int(shown))
        vectors = []
        for name, settings in tried:
            part = name.split("@")[0]
            if part == "encoder":
                vector = model.vector(history, now=prepared.latest, user_index=int(user))
                vectors.append(parts.log_softmax(model.item_vectors @ vector + model.item_bias))
            else:
                vectors.append(model.simple_part(part, history.items, settings["halfLife"]))
        picked = np.unique(np.concatenate([*(top_k(v, CANDIDATES) for v in vectors), truth]))
        found.append((picked, np.stack([v[picked] for v in vectors], 1)))
    most = max(len(picked) for picked, _ in found)
    items = np.full((len(found), most), -1, np.int64)
    scores = np.full((len(found), most, len(names)), -np.inf, np.float32)
    for case, (picked, values) in enumerate(found):
        items[case, : len(picked)] = picked
        scores[case, : len(picked)] = values
    return items, scores, names


def _objective(items: NDArray[np.int64], scores: NDArray[np.float32], wanted: list[NDArray]) -> float:
    best = np.argpartition(-scores, min(25, scores.shape[1] - 1), axis=1)[:, :25]
    order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable")
    ranked = np.take_along_axis(items, np.take_along_axis(best, order, 1), 1)
    return float(gains(list(ranked), wanted).mean())


def _ascend(
    items: NDArray[np.int64], scores: NDArray[np.float32], wanted: list[NDArray], alone: list[float]
) -> tuple[NDArray[np.float64], float]:
    """Weights by coordinate ascent from the best single part."""
    known = np.where(np.isfinite(scores), scores, 0.0)
    gone = np.isinf(scores[:, :, 0])
    weights = np.zeros(scores.shape[2])
    first = int(np.argmax(alone))
    weights[first], reached = 1.0, alone[first]
    for _ in range(4):
        before = reached
        for part in np.argsort(-np.asarray(alone), kind="stable"):
            if part == first:
                continue
            rest = known @ np.where(np.arange(len(weights)) == part, 0.0, weights).astype(np.float32)
            for weight in GRID:
                tried = rest + np.float32(weight) * known[:, :, part]
                tried[gone] = -np.inf
                value = _objective(items, tried, wanted)
                if value > reached + LEAST_GAIN:
                    weights[part], reached = weight, value
        if reached <= before + LEAST_GAIN:
            break
    return weights, reached
