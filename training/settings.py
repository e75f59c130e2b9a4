"""What a recipe's hyperparameters and feature transformation ask of training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tastemaker.recipes import by_name
from training.config import Config
from training.data import Sequences
from training.errors import BadConfigError

WIDTH_STEP = 16
"""The network's width is split between its heads: a hidden dimension is rounded up to a multiple of this."""


def chosen(config: Config, name: str) -> int:
    """A whole-number hyperparameter that somebody set; 0 if it is absent or at the recipe's default.

    The service's defaults are those of its own network. Left alone, ours are chosen by the amount of data.
    Raises BadConfigError.
    """
    default = next((one.default for one in by_name(config.recipe).hyperparameters if one.name == name), None)
    value = config.number(name, 0.0)
    return 0 if default is not None and value == float(default) else int(value)


def width(config: Config) -> int:
    """The network's width that `hidden_dimension` asks for; 0 lets the data decide. Raises BadConfigError."""
    given = int(config.number("width", 0)) or chosen(config, "hidden_dimension")
    return -(-given // WIDTH_STEP) * WIDTH_STEP


def usual_users(config: Config, sequences: Sequences) -> Sequences:
    """Training events of users whose history is neither too short nor too long for the percentiles.

    Lengths at a limit are kept, and a limit between two lengths is taken as the outer one, so that a handful
    of users never loses one. A user who is left out keeps their place, with no events. Raises BadConfigError.
    """
    lengths = sequences.lengths
    some = lengths[lengths > 0]
    low = _share(config, "min_user_history_length_percentile", 0.0)
    high = _share(config, "max_user_history_length_percentile", 1.0)
    if low > high:
        raise BadConfigError("min_user_history_length_percentile is above max_user_history_length_percentile")
    if not len(some) or (low == 0.0 and high == 1.0):
        return sequences
    shortest = np.quantile(some, low, method="lower")
    longest = np.quantile(some, high, method="higher")
    ends: NDArray[np.int64] = np.where((lengths >= shortest) & (lengths <= longest), lengths, 0)
    return sequences.truncated(ends)


def _share(config: Config, name: str, default: float) -> float:
    text = config.featurization.get(name)
    try:
        value = default if text is None else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise BadConfigError(f"{name} must be a number from 0 to 1, not {text!r}")
    return value
