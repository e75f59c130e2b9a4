"""The metrics of a solution version, measured by the code that will serve it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tastemaker.metrics import CUTS, LIST_LENGTH, average_rewards, summarize, weighted_ndcg
from tastemaker.models import Model
from tastemaker.models.bundle import HISTORY_LENGTH
from tastemaker.models.topk import top_k
from training.algorithms import popularity
from training.data.prepared import Prepared
from training.data.split import Cases
from training.output.moments import Moments, answers
from training.tuning.objective import truths

Scorer = Callable[[int, int], NDArray[np.float32]]
"""The scores of all items, from a user and the number of shown events."""

REWARDED = 100
"""The recommendations of a user that `average_rewards_at_k` looks at.

The guide names no number. It must be more than the 25 whose rewards are compared with all. These are the
first 25. The guide's example says "most expensive" instead, but that share falls as a list gets richer,
because expensive items that nobody chose take the places of chosen ones.
"""


def scorer(
    model: Model, prepared: Prepared, moments: Moments[Model] | None = None, *, new: bool = False
) -> Scorer:
    """How an evaluation asks a model: for a user when the next event comes, or for the last shown item.

    `moments` are the model's in this data, if they are known already. `new` users have no history.
    """
    if model.needs_item:

        def by_item(user: int, shown: int) -> NDArray[np.float32]:
            history = prepared.sequences.history(user, shown)
            return model.score_item(int(history.items[-1]) if len(history) else -1)

        return by_item

    moments = moments or Moments(model, prepared)

    def by_user(user: int, shown: int) -> NDArray[np.float32]:
        history = prepared.sequences.history(user, 0 if new else shown)[-HISTORY_LENGTH:]  # as in a bundle
        then, live = moments.asked(user, shown)
        scores = then.score_user(history, now=prepared.latest, user_index=user)
        return scores if live is None else np.where(live, scores, -np.inf)

    return by_user


def lists(
    score: Scorer, prepared: Prepared, cases: Cases, most: int = LIST_LENGTH
) -> list[NDArray[np.int64]]:
    """The best items for each case. As in the service, items of the user's history may be among them."""
    return answers(prepared, cases, lambda user, shown: top_k(score(user, shown), most))


def report(
    found: Sequence[NDArray[np.int64]],
    prepared: Prepared,
    cases: Cases,
    item_rewards: NDArray[np.float64] | None,
) -> dict[str, float]:
    """The metrics of these lists, and of those of all other processes, that GetSolutionMetrics returns.

    `prepared` holds all events, including those that are held out. If event types have weights, there is an
    NDCG that counts them. With `item_rewards`, the reward of each item, there is `average_rewards_at_k`.
    """
    sequences, wanted = prepared.sequences, truths(prepared.sequences, cases)
    weights = [
        sequences.weights[sequences.offsets[user] + shown : sequences.offsets[user + 1]]
        for user, shown in zip(cases.users, cases.shown, strict=True)
    ]
    several = sequences.group.gather((list(found), wanted, weights))
    found, wanted, weights = (
        [one for part in column for one in part] for column in zip(*several, strict=True)
    )
    metrics = summarize(found, wanted, len(prepared.items))
    ends = np.array([sequences.weights.max(initial=-np.inf), -sequences.weights.min(initial=np.inf)])
    if sequences.group.largest(ends).sum() > 0:
        by_item = [largest_weights(items, mine) for items, mine in zip(wanted, weights, strict=True)]
        for k in CUTS:
            each = [weighted_ndcg(one, mine, k) for one, mine in zip(found, by_item, strict=True)]
            name = f"normalized_discounted_cumulative_gain_with_event_weights_at_{k}"
            metrics[name] = round(float(np.mean(each)), 4) if each else 0.0
    if item_rewards is not None:
        rewards = average_rewards(found, wanted, np.nan_to_num(item_rewards), ranked=True)
        metrics["average_rewards_at_k"] = round(rewards, 4)
    return metrics


def largest_weights(items: NDArray[np.integer], weights: NDArray[np.floating]) -> dict[int, float]:
    """The largest weight of each item's events."""
    order = np.argsort(weights, kind="stable")
    return dict(zip(items[order].tolist(), weights[order].tolist(), strict=True))


def evaluate(
    score: Scorer, prepared: Prepared, cases: Cases, item_rewards: NDArray[np.float64] | None = None
) -> dict[str, float]:
    """The metrics of the lists that this scorer makes. See `report`."""
    most = LIST_LENGTH if item_rewards is None else REWARDED
    return report(lists(score, prepared, cases, most), prepared, cases, item_rewards)


def concerns(metrics: Mapping[str, float], baseline: Mapping[str, float]) -> list[str]:
    """What a person must know about a version that predicts badly, one sentence each.

    `baseline` has the metrics of one popular list for everybody.
    """
    judged = {name: value for name, value in metrics.items() if name != "coverage"}
    if judged and not any(judged.values()):
        return [
            "All metrics of this version are 0: none of its lists has an item that the test users chose. "
            "Check the event type and the columns that the solution trains on."
        ]
    name = f"normalized_discounted_cumulative_gain_at_{LIST_LENGTH}"
    if name in metrics and metrics[name] < baseline.get(name, 0.0):
        return [
            f"This version predicts worse than one list of popular items for everybody: {name} is "
            f"{metrics[name]:.4f}, and {baseline[name]:.4f} for popular items. Import more interactions, or "
            "use aws-popularity-count."
        ]
    return []


def popularity_baseline(
    training: Prepared,
    prepared: Prepared,
    cases: Cases,
    item_rewards: NDArray[np.float64] | None = None,
    moments: Moments[Model] | None = None,
) -> dict[str, float]:
    """The metrics of one list for everybody, fitted on the same training data, as a baseline.

    With `moments`, those of the model that is compared, the list has the items that are live for each case.
    """
    users = popularity.distinct_users(training.sequences, len(prepared.items)).astype(np.float32)
    most = LIST_LENGTH if item_rewards is None else REWARDED
    for_all = top_k(users, most)

    def listed(user: int, shown: int) -> NDArray[np.int64]:
        live = None if moments is None else moments.live(user, shown)
        return for_all if live is None else top_k(np.where(live, users, -np.inf), most)

    return report(answers(prepared, cases, listed), prepared, cases, item_rewards)
