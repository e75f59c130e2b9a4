"""What a recipe's hyperparameters and feature transformation ask of training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from training.config import Config
from training.data.prepared import Sequences
from training.errors import BadConfigError

WIDTH_STEP = 16
"""The network's width is split between its heads, so it is rounded up to a multiple of this."""

RECENCY = ("recency_mask", "apply_recency_bias")
"""Two names of one setting: that of the first recipes, and that of their second versions."""


def chosen(config: Config, name: str) -> int:
    """An integer hyperparameter that the solution or tuning gives; 0 if neither does.

    The service's defaults belong to its own network. Ours depend on the amount of data. Raises
    BadConfigError.
    """
    return config.count(name) if name in config.given else 0


def width(config: Config) -> int:
    """The network's width that `hidden_dimension` asks for. 0 lets the data decide. Raises BadConfigError."""
    given = config.count("width") or chosen(config, "hidden_dimension")
    return -(-given // WIDTH_STEP) * WIDTH_STEP


def latest_trends(config: Config) -> bool:
    """Whether recent popularity counts more than older popularity, which is the default."""
    return all(config.flag(name, True) for name in RECENCY)


def filter_by_history_length(config: Config, sequences: Sequences) -> Sequences:
    """The training events of users whose history length is within the percentiles of all processes.

    Users who are left out keep their position, without events. Raises BadConfigError.
    """
    lengths, first = sequences.group.joined(sequences.lengths)
    within = _within_percentiles(config.featurization, "user_history_length", lengths)
    within = within[first : first + sequences.users]
    ends: NDArray[np.int64] = np.where(within, sequences.lengths, 0)
    return sequences if within.all() else sequences.truncated(ends)


def filter_by_interaction_count(config: Config, sequences: Sequences) -> Sequences:
    """The training events with items whose number of interactions is within the percentiles.

    Only percentiles that the solution gives itself count. The recipe's default would leave out the most
    popular tenth of the catalog, which no list could then recommend. Raises BadConfigError.
    """
    if not len(sequences.items):
        return sequences
    within = _within_percentiles(config.given, "item_interaction_count", np.bincount(sequences.items))
    return sequences if within.all() else sequences.keep(within[sequences.items])


def _within_percentiles(given: Mapping[str, str], what: str, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which counts are within the percentiles of those above 0.

    Counts at a limit are kept. A limit between two counts is the outer one, so that small data loses none.
    """
    lowest, highest = f"min_{what}_percentile", f"max_{what}_percentile"
    low, high = _share(given, lowest, 0.0), _share(given, highest, 1.0)
    if low > high:
        raise BadConfigError(f"{lowest} is above {highest}.")
    some = counts[counts > 0]
    if not len(some) or (low == 0.0 and high == 1.0):
        return np.ones(len(counts), bool)
    least, most = np.quantile(some, low, method="lower"), np.quantile(some, high, method="higher")
    return (counts >= least) & (counts <= most)


def _share(given: Mapping[str, str], name: str, default: float) -> float:
    text = given.get(name)
    try:
        value = default if text is None else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise BadConfigError(f"{name} must be a number from 0 to 1, not {text!r}.")
    return value
