"""What a recipe's hyperparameters and feature transformation ask of training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from training.config import Config
from training.data.prepared import Sequences
from training.errors import BadConfigError

WIDTH_STEP = 16
"""The network's width is split between its heads: a hidden dimension is rounded up to a multiple of this."""

RECENCY = ("recency_mask", "apply_recency_bias")
"""The same wish under the names of the first recipes and of their second versions."""


def chosen(config: Config, name: str) -> int:
    """A whole-number hyperparameter that the solution says, or that tuning chose; 0 if neither did.

    The service's defaults are those of its own network. Left alone, ours are chosen by the amount of data.
    Raises BadConfigError.
    """
    return int(config.number(name, 0.0)) if name in config.given else 0


def width(config: Config) -> int:
    """The network's width that `hidden_dimension` asks for; 0 lets the data decide. Raises BadConfigError."""
    given = int(config.number("width", 0)) or chosen(config, "hidden_dimension")
    return -(-given // WIDTH_STEP) * WIDTH_STEP


def latest_trends(config: Config) -> bool:
    """Whether what is popular lately counts more than what was popular long ago: yes, unless said else."""
    return all(config.flag(name, True) for name in RECENCY)


def usual_users(config: Config, sequences: Sequences) -> Sequences:
    """Training events of users whose history is neither too short nor too long for the percentiles.

    A user who is left out keeps their place, with no events. Raises BadConfigError.
    """
    lengths = sequences.lengths
    usual = _usual(config.featurization, "user_history_length", lengths)
    ends: NDArray[np.int64] = np.where(usual, lengths, 0)
    return sequences if usual.all() else sequences.truncated(ends)


def usual_items(config: Config, sequences: Sequences) -> Sequences:
    """Training events with items that have neither too few nor too many for the percentiles.

    Only for percentiles that the solution says itself: the recipe's default would leave out the most popular
    tenth of the catalog, which no list could then recommend. Raises BadConfigError.
    """
    if not len(sequences.items):
        return sequences
    usual = _usual(config.given, "item_interaction_count", np.bincount(sequences.items))
    return sequences if usual.all() else sequences.keep(usual[sequences.items])


def _usual(given: Mapping[str, str], what: str, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which counts lie between the percentiles of those above 0.

    Counts at a limit are kept, and a limit between two counts is taken as the outer one, so that a handful
    never loses one.
    """
    lowest, highest = f"min_{what}_percentile", f"max_{what}_percentile"
    low, high = _share(given, lowest, 0.0), _share(given, highest, 1.0)
    if low > high:
        raise BadConfigError(f"{lowest} is above {highest}")
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
        raise BadConfigError(f"{name} must be a number from 0 to 1, not {text!r}")
    return value
