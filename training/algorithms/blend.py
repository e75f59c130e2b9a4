"""Choose the weights of a blend on validation data.

Every part scores every validation case. Candidates are the items near the top of any part, and the truth.
Weights start with the best single part, and change one part at a time as long as the objective grows. So the
blend is never worse than its best part on the validation data, and on small data a part without benefit gets
no weight. A part's half-life is chosen with its weight: beside a transformer that predicts the next item
well, older events are often worth more than they are to the part alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.models import parts
from tastemaker.models.bundle import HISTORY_LENGTH, History
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.topk import top_k
from training.data.prepared import Prepared
from training.data.split import Cases, says_context
from training.output.evaluate import largest_weights
from training.output.moments import Moments, by_time
from training.progress import log
from training.tuning.objective import gains, truths

Array = NDArray[Any]

HALF_LIVES = {
    "transitions": (1.0, 2.0, 4.0, 8.0, 50.0),
    "linear": (3.0, 6.0, 15.0, 50.0),
    "repeat": (3.0, 10.0, 50.0, 200.0),
}
"""Half-lives in events.

The long ones are for baskets, where the next purchase hardly depends on the last item.
"""

RETURN_POWERS = (0.5, 1.0)
"""The powers of the items' return rates to try in the part `repeat`, beside 0.

On groceries the root is best: who has bought an item several times needs the rate less.
"""

GRID = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2)
CONTEXT_GRID = (*GRID, 3.0, 4.5)
SEEN, POPULARITY, CONTEXT = "seen", "popularity", "context"
SEEN_GRID = (-8.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""At its ends, a list of 25 holds no seen items, or holds all seen items first."""

WIDE_GRID = (-0.2, -0.15, -0.1, -0.06, -0.03)
MIN_KEPT_SHARE = 0.995
"""The share of the objective that must remain when the weight of popularity is reduced.

Lists that are as good show more of the catalog then.
"""

NEW_USERS_GRID = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""The weights of the context to try for users without a history."""

MAX_NEW_USERS = 300
CANDIDATES = 60
"""The items that are taken from each part for each case, with and without seen ones. Lists have 25 items."""

MIN_GAIN = 2e-4
"""A change must gain this much (0.1 % of a usual objective), so that noise alone changes nothing."""


Weighted = tuple[dict[str, float], float]
"""Weights by the name of a variant, and the objective that they reach."""

Grids = Mapping[str, tuple[Sequence[str], Sequence[float]]]
"""The variants of each part, and the weights to try."""


@dataclass(frozen=True)
class Choice:
    """The settings of each part for the manifest, and the objective of the blend and of each part alone."""

    parts: dict[str, dict[str, float]]
    reached: float
    alone: dict[str, float]


def choose(model: SequenceModel, prepared: Prepared, cases: Cases) -> Choice:
    """Choose half-lives and weights for `model`, whose parts were fitted without the truth of `cases`.

    Each process scores its own cases. All of them choose by the scores of all cases, and choose the same.
    """
    table = _candidates(model, prepared, cases)
    alone: dict[str, float] = {}
    repeats: dict[str, float] = {}  # the weight of `seen` that each part is best with
    for name in chain.from_iterable(table.parts.values()):
        reached = {weight: table.objective({name: 1.0, SEEN: weight}) for weight in (0.0, SEEN_GRID[0])}
        repeats[name] = max(reached, key=reached.__getitem__)
        alone[name] = reached[repeats[name]]
    first = max((name for name in alone if name != CONTEXT), key=alone.__getitem__)
    weights, reached_all = with_less_popularity(table, *ascend(table, {first: 1.0, SEEN: repeats[first]}))
    chosen = {SEEN: {"weight": weights[SEEN]}}
    best: dict[str, float] = {}
    tried = variants(model)
    for part, names in table.parts.items():
        kept = max(names, key=lambda name: (abs(weights.get(name, 0.0)), alone[name]))
        best[part] = max(alone[name] for name in names)
        chosen[part] = {"weight": weights.get(kept, 0.0), **tried.get(kept, {})}
        log(f"blend: {part} {chosen[part]} alone {best[part]:.4f}")
    if CONTEXT in chosen:
        chosen[CONTEXT]["weightWithoutHistory"] = without_history(model, prepared, cases)
    log(f"blend: seen items {weights[SEEN]:+}, {reached_all:.4f} on {len(table.items)} validation users")
    return Choice(chosen, reached_all, best)


def without_history(model: SequenceModel, prepared: Prepared, cases: Cases) -> float:
    """The weight of the context for users without a history: what predicts best what the cases did next."""
    group = prepared.sequences.group
    every = np.arange(group.total(len(cases)))
    some = cases.only(every[says_context(every)][:MAX_NEW_USERS])
    wanted = truths(prepared.sequences, some)
    model.parts = {**model.parts, CONTEXT: {"weight": 0.0, "weightWithoutHistory": 0.0}}
    reached, moments = np.zeros(len(NEW_USERS_GRID)), Moments(model, prepared)
    for place, user, shown in by_time(prepared, some):
        context = prepared.context(user, shown)
        table, (then, live) = model.context_scores(context), moments.asked(user, shown)
        scores = then.score_user(History.empty(), now=prepared.latest, context=context, user_index=user)
        scores = scores if live is None else np.where(live, scores, -np.inf)
        lists = [top_k(scores + np.float32(weight) * table, 25) for weight in NEW_USERS_GRID]
        reached += gains(lists, [wanted[place]] * len(lists))
    return NEW_USERS_GRID[int(np.argmax(group.sum(reached)))]


def grid_of(part: str) -> tuple[float, ...]:
    """The weights of a part to try."""
    return CONTEXT_GRID if part == CONTEXT else GRID


def variants(model: SequenceModel) -> dict[str, dict[str, float]]:
    """The settings of every part to try. Their names are the part's, or begin with it and `@`.

    Return rates are tried only if items differ in them.
    """
    found: dict[str, dict[str, float]] = {}
    for part in model.parts:
        if part not in HALF_LIVES:
            found[part] = {}
        for half_life in HALF_LIVES.get(part, ()):
            found[f"{part}@{half_life}"] = {"halfLife": half_life}
    rates = model.return_rates(1.0) if "repeat" in model.parts else None
    if rates is not None and rates.min(initial=1.0) < rates.max(initial=1.0):
        for half_life, power in product(HALF_LIVES["repeat"], RETURN_POWERS):
            found[f"repeat@{half_life}^{power}"] = {"halfLife": half_life, "returnPower": power}
    return found


@dataclass(frozen=True)
class Table:
    """The candidates of each validation case.

    `items` is int64[cases, candidates], -1 for none. `scores` is float32[cases, candidates] by the name of a
    variant. `wanted` is the truth of each case, and `weights` has the weights of these events, by default 1.
    """

    items: NDArray[np.int64]
    scores: dict[str, NDArray[np.float32]]
    wanted: list[NDArray[Any]]
    weights: list[NDArray[np.floating]] | None = None

    @cached_property
    def parts(self) -> dict[str, list[str]]:
        """The names of each part's variants, without `seen`."""
        found: dict[str, list[str]] = {}
        for name in self.scores:
            if name != SEEN:
                found.setdefault(name.split("@")[0], []).append(name)
        return found

    def total(self, weights: Mapping[str, float]) -> NDArray[np.float32]:
        """The weighted sum of the scores; -inf where there is no candidate."""
        result = np.where(self.items < 0, np.float32(-np.inf), np.float32(0))
        for name, weight in weights.items():
            if weight:
                result += np.float32(weight) * self.scores[name]
        return result

    def objective(self, weights: Mapping[str, float]) -> float:
        """The mean objective of the lists that these weights make."""
        return self.of(self.total(weights))

    def of(self, total: NDArray[np.float32]) -> float:
        """The mean objective of the lists that these scores make.

        If event types have weights, a hit counts the weight of its event, and a case the mean of its weights.
        """
        most = min(25, total.shape[1])
        best = np.argpartition(-total, most - 1, axis=1)[:, :most]
        order = np.argsort(-np.take_along_axis(total, best, 1), axis=1, kind="stable")
        ranked = np.take_along_axis(best, order, 1)
        discounts = 1.0 / np.log2(np.arange(2, most + 2))
        soon, every, most_found, ideal, counts = self._terms
        first = np.take_along_axis(soon, ranked[:, :10], 1) @ discounts[:10]
        hits = np.take_along_axis(every, ranked, 1)
        found = hits[:, :10].sum(1) / most_found
        return float(((first + counts * ((hits @ discounts) / ideal + found)) / 3).mean())

    @cached_property
    def _terms(self) -> tuple[Array, Array, Array, Array, Array]:
        """What `objective.gains` needs of each list, for all lists at once.

        Returns what each candidate gains as the next item and as any item of the truth, what the first ten
        of a list can gain, the gain of a list that begins with the whole truth, and how much each case
        counts.
        """
        given = self.weights or [np.ones(len(truth)) for truth in self.wanted]
        mean = float(np.mean(np.concatenate(given))) if given else 1.0
        discounts = 1.0 / np.log2(np.arange(2, 27))
        soon, every = np.zeros(self.items.shape, np.float32), np.zeros(self.items.shape, np.float32)
        found, ideal, counts = (np.ones(len(given)) for _ in range(3))
        for case, (row, truth, weights) in enumerate(zip(self.items, self.wanted, given, strict=True)):
            shares = weights / mean
            soon[case] = np.where(row == truth[0], shares[0], 0.0)
            largest = largest_weights(truth, shares)
            for item, share in largest.items():
                every[case, row == item] = share
            best = np.sort(np.fromiter(largest.values(), float))[::-1]
            found[case] = best[:10].sum()
            ideal[case] = best[:25] @ discounts[: len(best[:25])]
            counts[case] = shares.mean()
        return soon, every, found, ideal, counts


def _candidates(model: SequenceModel, prepared: Prepared, cases: Cases) -> Table:
    """The items near the top of any part, with and without seen items, and the truth, of all processes."""
    sequences, wanted, tried = prepared.sequences, truths(prepared.sequences, cases), variants(model)
    by_case: dict[int, tuple[NDArray[Any], NDArray[Any]]] = {}
    says, moments = says_context(cases.numbers()), Moments(model, prepared)
    for case, user, shown in by_time(prepared, cases):
        context = prepared.context(user, shown) if says[case] else None
        history = prepared.sequences.history(user, shown)[-HISTORY_LENGTH:]
        then, live = moments.asked(user, shown)
        vectors: list[Array] = []
        picked: list[Array] = [wanted[case]]
        for name, settings in tried.items():
            part = name.split("@")[0]
            if part == "encoder":
                vector = model.vector(history, now=prepared.latest, context=context, user_index=user)
                scores = parts.log_softmax(then.item_vectors @ vector + then.item_bias)
            elif part == CONTEXT:
                scores = model.context_scores(context)
            else:
                scores = then.simple_part(part, history.items, settings)
            vectors.append(scores)
            if part != SEEN:
                there = scores if live is None else np.where(live, scores, -np.inf)
                picked.append(top_k(there, CANDIDATES))
                if part != "repeat":  # it says nothing about items that a user has not seen
                    unseen = there.copy()
                    unseen[history.items] = -np.inf
                    picked.append(top_k(unseen, CANDIDATES))
            if part == CONTEXT and context:  # the popular items of a context, not only the rare ones
                picked.append(top_k(scores + then.log_popularity, CANDIDATES))
        union = np.unique(np.concatenate(picked))
        union = union if live is None else union[live[union]]
        by_case[case] = union, np.stack([v[union] for v in vectors])
    found = [by_case[case] for case in range(len(cases))]
    weights = [
        sequences.weights[sequences.offsets[user] + shown : sequences.offsets[user + 1]]
        for user, shown in zip(cases.users, cases.shown, strict=True)
    ]
    several = sequences.group.gather((found, wanted, weights))
    found, wanted, weights = (
        [one for part in column for one in part] for column in zip(*several, strict=True)
    )
    items, scores = _filled(found)
    named = dict(zip(tried, scores, strict=True))
    return Table(items, named, wanted, weights)


def _filled(found: Sequence[tuple[Array, Array]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The candidates of all cases with -1 for none, and their scores by variant, case and candidate."""
    most, (_, first) = max(len(union) for union, _ in found), found[0]
    items = np.full((len(found), most), -1, np.int64)
    scores = np.zeros((len(first), len(found), most), np.float32)
    for case, (union, values) in enumerate(found):
        items[case, : len(union)] = union
        scores[:, case, : len(union)] = values
    return items, scores


def ascend(table: Table, start: Mapping[str, float]) -> Weighted:
    """The weights of the parts and of `seen`, changed one at a time from `start`, and their objective.

    Neither of two orders is always better, so both are tried: part by part, and the largest gain first. The
    part that starts with the weight 1 keeps it, because only ratios matter. Its half-life may change.
    """
    grids = {SEEN: ([SEEN], SEEN_GRID)} | {
        part: (names, (1.0,) if any(start.get(name) == 1.0 for name in names) else grid_of(part))
        for part, names in table.parts.items()
    }
    begin = dict(start), table.objective(start)
    ends = [_part_by_part(table, grids, begin), _largest_gain_first(table, grids, begin)]
    return max(ends, key=lambda end: end[1])


def _part_by_part(table: Table, grids: Grids, found: Weighted) -> Weighted:
    """The weights when each part in turn has taken its best change, again and again while that helps."""
    while True:
        before = found[1]
        for names, grid in grids.values():
            changed = _best_change(table, found[0], names, grid)
            if changed[1] > found[1] + MIN_GAIN:
                found = changed
        if found[1] <= before + MIN_GAIN:
            return found


def _largest_gain_first(table: Table, grids: Grids, found: Weighted) -> Weighted:
    """The weights when the change that gains most has come first, and so on.

    A part's best change is looked for again only when its last known gain is the largest ("lazy greedy":
    Minoux, 1978), and of all parts before the end. Other changes can raise a gain, so this order is usual and
    not certain.
    """
    gains = dict.fromkeys(grids, np.inf)  # the last known ones
    changed: dict[str, Weighted] = {}  # what the best change of a part makes now
    while True:
        part = max(gains, key=gains.__getitem__)
        if gains[part] <= MIN_GAIN:
            if len(changed) == len(grids):
                return found
            gains |= dict.fromkeys(grids.keys() - changed.keys(), np.inf)
        elif part in changed:
            found = changed[part]
            gains[part], changed = 0.0, {part: found}
        else:
            changed[part] = _best_change(table, found[0], *grids[part])
            gains[part] = changed[part][1] - found[1]


def _best_change(
    table: Table, weights: Mapping[str, float], names: Sequence[str], grid: Sequence[float]
) -> Weighted:
    """The best weights in which the variants of one part change, and their objective. One variant is used."""
    others = {name: weight for name, weight in weights.items() if name not in names}
    rest = table.total(others)
    reached = {
        (name, weight): table.of(rest + np.float32(weight) * table.scores[name])
        for name, weight in product(names, grid)
    }
    name, weight = max(reached, key=reached.__getitem__)
    return {**others, name: weight}, reached[name, weight]


def with_less_popularity(
    table: Table, weights: dict[str, float], reached: float
) -> tuple[dict[str, float], float]:
    """The weights with the smallest weight of popularity that keeps `MIN_KEPT_SHARE` of the objective.

    That weight may be negative. The weights stay as they are if popularity is the part that has the weight 1.
    """
    if POPULARITY not in table.scores or weights.get(POPULARITY) == 1.0:
        return weights, reached
    rest = table.total({name: weight for name, weight in weights.items() if name != POPULARITY})
    for weight in (*WIDE_GRID, *GRID):
        value = table.of(rest + np.float32(weight) * table.scores[POPULARITY])
        if value >= MIN_KEPT_SHARE * reached:
            return {**weights, POPULARITY: weight}, value
    return weights, reached
