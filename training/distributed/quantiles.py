"""Quantiles of whole numbers that several processes have some of each."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.distributed.process_group import ProcessGroup


def order_statistic(values: NDArray[np.integer[Any]], place: int, group: ProcessGroup) -> int:
    """The value at a place, from 0, among the sorted values of all processes. There must be so many.

    It is found by bisection: each round counts the values below a middle, and holds no copy of them.
    """
    none = np.iinfo(np.int64)
    low = -int(group.largest(-np.array(values.min(initial=none.max), np.int64)))
    high = int(group.largest(np.array(values.max(initial=none.min + 1), np.int64)))
    while low < high:
        middle = (low + high) // 2
        if group.total(np.count_nonzero(values <= middle)) > place:
            high = middle
        else:
            low = middle + 1
    return low


def quantile(values: NDArray[np.integer[Any]], share: float, group: ProcessGroup) -> float:
    """The quantile of all processes' values, interpolated as by `numpy.quantile`. 0 if there are none."""
    count = group.total(len(values))
    if not count:
        return 0.0
    place = share * (count - 1)
    low = order_statistic(values, math.floor(place), group)
    high = order_statistic(values, math.ceil(place), group)
    return low + (high - low) * (place - math.floor(place))
