"""Next-Best-Action: the actions, what users did with them, and one regression per action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tastemaker.columns import Columns
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.ids import Ids
from tastemaker.models.actions import (
    NOT_TAKEN_TYPES,
    TAKEN,
    ActionModel,
    dense,
    folded,
    sigmoid,
    user_vector,
)
from tastemaker.models.bundle import Histories, History
from training.algorithms import factors
from training.config import Config
from training.data import parquet
from training.data.prepare import attributes, columns_of
from training.data.prepared import Prepared
from training.errors import NotEnoughDataError
from training.output.bundle_writer import Fitted
from training.pipelines.base import Measured, Pipeline
from training.progress import StopSignal, log

MIN_OUTCOMES = 50
"""The events of either outcome that an action needs. It is the service's figure."""

RECENT_SECONDS = 6 * 7 * DAY_SECONDS
MAX_ACTIONS = 1000
WIDTH = 16
MAX_ATTRIBUTES = 200
MAX_EVENTS = 20_000
"""The newest events of one action that its regression is fitted on."""

PENALTY = 1.0
TEST_SHARE = 0.2
STREAMED = parquet.streamed_columns("userId", "sessionId", "itemId", "eventType", "sentAt")


@dataclass(frozen=True)
class Actions:
    """The actions, and what users did with them.

    `histories` are those of `Prepared.users`, with actions as items.
    """

    ids: Ids
    columns: Columns
    histories: Histories
    event_types: list[str]


def read_actions(config: Config, root: Path, users: Ids) -> Actions:
    """Read the Actions dataset, and the imported and streamed action interactions of `users`.

    Raises NotEnoughDataError if there is no action.
    """
    table = attributes(config, root, "ACTIONS", "ACTION_ID")
    table = table.slice(max(0, len(table) - MAX_ACTIONS))
    names = table["ACTION_ID"].to_pylist()
    if not names:
        raise NotEnoughDataError("There is no action. Import the Actions dataset first.")
    ids = Ids.build(names)
    columns = columns_of(config, "ACTIONS", table, ids.indexes(names).astype(np.int64), len(ids))
    events = _events(config, root)
    user, action = users.indexes(events["USER_ID"]), ids.indexes(events["ACTION_ID"])
    types = sorted(set(events["EVENT_TYPE"]))
    number = {name: place for place, name in enumerate(types)}
    event_type = np.array([number[name] for name in events["EVENT_TYPE"]], np.int16)
    time = np.array(events["TIMESTAMP"], np.int64)
    keep = (user >= 0) & (action >= 0)
    user, action, event_type, time = user[keep], action[keep], event_type[keep], time[keep]
    order = np.lexsort((time, user))
    offsets = np.searchsorted(user[order], np.arange(len(users) + 1)).astype(np.int64)
    histories = Histories(offsets, action[order].astype(np.int32), time[order], event_type[order])
    return Actions(ids, columns, histories, types)


def _events(config: Config, root: Path) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in ("USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP")}
    source = config.datasets.get("ACTION_INTERACTIONS")
    arrow_types = {name: pa.int64() if name == "TIMESTAMP" else pa.string() for name in found}
    if source is not None:
        bulk = parquet.read(root, source.prefixes, arrow_types, "Action interactions")
        for name, values in found.items():
            values += bulk[name].to_pylist()
    raw = parquet.read(root, config.action_events, STREAMED, "streamed action interactions", events=True)
    who = parquet.join_sessions(
        raw["userId"].to_pylist(), raw["sessionId"].to_pylist(), raw["sentAt"].to_numpy(zero_copy_only=False)
    )
    found["USER_ID"] += [user or "" for user in who]
    for name, member in (("ACTION_ID", "itemId"), ("EVENT_TYPE", "eventType"), ("TIMESTAMP", "sentAt")):
        found[name] += raw[member].to_pylist()
    whole = [all(row) for row in zip(*found.values(), strict=True)]
    return {
        name: [v for v, keep in zip(values, whole, strict=True) if keep] for name, values in found.items()
    }


class ActionPipeline(Pipeline):
    """The pipeline of Next-Best-Action. The newest fifth of the action interactions is the test data."""

    model_name = "actions"

    def __init__(self, config: Config, checkpoints: Path | None, stop: StopSignal) -> None:
        super().__init__(config, checkpoints, stop)
        self.period = float(config.featurization.get("action_optimization_period", "14")) * DAY_SECONDS
        self.actions: Actions | None = None

    def load(self, root: Path, prepared: Prepared) -> None:
        """Read the actions. It must come before everything else."""
        self.actions = read_actions(self.config, root, prepared.users)

    def fit(self, prepared: Prepared) -> Fitted:
        """Fit a regression on all events of each action with enough events."""
        actions = self._actions
        learner = Learner(prepared, actions, self.period)
        weights = learner.weights(until=np.inf)
        known = int(np.count_nonzero(~np.isnan(weights[:, 0])))
        log(f"next best action: {known} of {len(actions.ids)} actions have enough events, the others explore")
        arrays: dict[str, NDArray[Any]] = {
            "weights": weights,
            "factors": learner.factors,
            "user_features.offsets": prepared.user_features.offsets,
            "user_features.codes": prepared.user_features.codes,
            "user_features.weights": prepared.user_features.weights,
        }

        def write(folder: Path) -> None:
            actions.ids.save(folder, "actions")
            actions.columns.save(folder / "action_columns")
            (folder / "action_histories").mkdir(exist_ok=True)
            actions.histories.newest(200).save(folder / "action_histories")

        metadata = {"eventTypes": actions.event_types, "attributeCodes": learner.size}
        return Fitted(ActionModel, metadata, arrays, write=write)

    def measure(self, prepared: Prepared, stop: StopSignal) -> Measured:
        """Precision, recall and AUC, each the mean over actions, and the coverage of actions.

        An action counts as recommended to a user whose propensity is above the share of users who took it in
        training. The service names no threshold, so this is a choice.
        """
        learner = Learner(prepared, self._actions, self.period)
        times = self._actions.histories.timestamps
        if not len(times):
            return Measured({"coverage": 0.0, "precision": 0.0, "recall": 0.0, "auc": 0.0})
        until = float(np.quantile(times, 1 - TEST_SHARE))
        weights = learner.weights(until=until)
        results: list[tuple[float, float, float]] = []
        for action in np.flatnonzero(~np.isnan(weights[:, 0])).tolist():
            seen, outcome = learner.examples(action, since=until)
            _, before = learner.examples(action, until=until)
            if not len(outcome) or outcome.all() or not outcome.any():
                continue
            score = np.array([sigmoid(float(weights[action] @ row)) for row in seen])
            results.append((*decided(score > before.mean(), outcome), area(score, outcome)))
        means = np.mean(results, axis=0) if results else np.zeros(3)
        metrics = {
            "coverage": round(float(np.mean(~np.isnan(weights[:, 0]))), 4),
            **{
                name: round(float(v), 4)
                for name, v in zip(("precision", "recall", "auc"), means, strict=True)
            },
        }
        for name, value in metrics.items():
            log(f"  {name} {value:.4f}")
        return Measured(metrics)

    @property
    def _actions(self) -> Actions:
        assert self.actions is not None, "`load` must be called first"
        return self.actions


class Learner:
    """Examples (a user before an event, and whether the action was taken), and regressions on them."""

    def __init__(self, prepared: Prepared, actions: Actions, period: float) -> None:
        self.prepared, self.actions, self.period = prepared, actions, period
        self.factors = factors.fit(prepared.sequences, len(prepared.items), WIDTH)
        self.size = min(int(prepared.user_features.codes.max(initial=-1)) + 1, MAX_ATTRIBUTES)
        names = [folded(name) for name in actions.event_types]
        self.taken = np.array([name == TAKEN for name in names] + [False])
        self.not_taken = np.array([name in NOT_TAKEN_TYPES for name in names] + [False])
        histories = actions.histories
        self.owners = np.repeat(np.arange(len(histories)), np.diff(histories.offsets))

    def weights(self, until: float) -> NDArray[np.float32]:
        """The weights from the events up to `until`: float32[actions, features], NaN with too few events."""
        features = 1 + WIDTH + self.size + 3
        result = np.full((len(self.actions.ids), features), np.nan, np.float32)
        histories = self.actions.histories
        old = histories.timestamps <= until
        since = int(histories.timestamps[old].max(initial=0)) - RECENT_SECONDS
        recent = old & (histories.timestamps >= since)
        for action in range(len(result)):
            types = histories.event_types[recent & (histories.items == action)]
            if min(self.taken[types].sum(), self.not_taken[types].sum()) >= MIN_OUTCOMES:
                result[action] = regression(*self.examples(action, until=until))
        return result

    def examples(
        self, action: int, *, since: float = -np.inf, until: float = np.inf
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The users' vectors just before each event after `since`, and the outcomes.

        A user who viewed or declined the action, and took it within the optimization period, counts as one
        who took it.
        """
        histories = self.actions.histories
        inside = (histories.timestamps > since) & (histories.timestamps <= until)
        decisive = self.taken[histories.event_types] | self.not_taken[histories.event_types]
        at = np.flatnonzero(inside & decisive & (histories.items == action))
        at = at[np.argsort(histories.timestamps[at], kind="stable")[-MAX_EVENTS:]]
        rows, outcomes = [], []
        for event in at.tolist():
            user, time = int(self.owners[event]), int(histories.timestamps[event])
            mine = histories.of(user)
            outcome = bool(self.taken[histories.event_types[event]])
            if not outcome:
                later = (mine.timestamps > time) & (mine.timestamps <= min(time + self.period, until))
                outcome = bool(np.any(later & (mine.items == action) & self.taken[mine.event_types]))
            rows.append(self._vector(user, mine[mine.timestamps < time], action, time))
            outcomes.append(outcome)
        return np.array(rows, np.float32), np.array(outcomes, bool)

    def _vector(self, user: int, actions: History, action: int, time: int) -> NDArray[np.float32]:
        items = self.prepared.sequences.history(user)
        items = items[items.timestamps < time][-200:]
        metadata = dense(self.prepared.user_features, user, self.size)
        return user_vector(items, actions, action, self.taken, self.factors, metadata)


def regression(rows: NDArray[np.float32], outcome: NDArray[np.bool_], steps: int = 12) -> NDArray[np.float32]:
    """Logistic regression with a quadratic penalty on all weights but the constant, by Newton's method."""
    x, y = rows.astype(np.float64), outcome.astype(np.float64)
    penalty = np.full(x.shape[1], PENALTY)
    penalty[0] = 1e-3
    weights = np.zeros(x.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (p - y) + penalty * weights
        curvature = (x * (p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights.astype(np.float32)


def decided(recommended: NDArray[np.bool_], taken: NDArray[np.bool_]) -> tuple[float, float]:
    """Precision (taken of recommended) and recall (recommended of taken)."""
    right = float(np.count_nonzero(recommended & taken))
    return right / max(int(recommended.sum()), 1), right / max(int(taken.sum()), 1)


def area(scores: Sequence[float] | NDArray[Any], taken: NDArray[np.bool_]) -> float:
    """The area under the ROC curve.

    It is how often a user who took the action scores above one who did not. Equal scores count half.
    """
    _, place, counts = np.unique(np.asarray(scores), return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    yes = int(taken.sum())
    no = len(taken) - yes
    return float((rank[taken].sum() - yes * (yes + 1) / 2) / max(yes * no, 1))
