"""Which events a solution trains on, and how much each counts: the rules about event types and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.models.event_types import UNKNOWN
from training.config import EventRule
from training.distributed.process_group import ProcessGroup


@dataclass(frozen=True)
class Ruled:
    """What the rules of a solution say about its events.

    `weights` is float32[events]: an event with the weight 0 is not trained on, and the mean of all processes'
    other weights is 1. `trained` says for each event type whether it is trained on. `least` and `numbers`
    (int16[events]) are those of `tastemaker.models.event_types`.
    """

    weights: NDArray[np.float32]
    numbers: NDArray[np.int16]
    trained: list[bool]
    least: list[tuple[int, float]]


def ruled(
    rules: Sequence[EventRule],
    event_types: Sequence[str],
    event_type: NDArray[np.int16],
    values: NDArray[np.float64],
    group: ProcessGroup,
) -> Ruled:
    """Apply the rules of a solution to its events.

    A rule's type is compared exactly, and without case if no event has it exactly. An event does not count if
    its value is below the rule's threshold, or missing although there is a threshold.
    """
    if not rules:
        return Ruled(np.ones(len(event_type), np.float32), event_type, [True] * len(event_types), [])
    weights = np.zeros(len(event_type), np.float32)
    trained = [False] * len(event_types)
    floors: dict[int, float] = {}
    for rule in rules:
        matches = _matches(rule, event_types)
        chosen = np.isin(event_type, matches)
        floor = -np.inf if rule.threshold is None else rule.threshold
        if rule.threshold is not None:
            chosen &= np.nan_to_num(values, nan=-np.inf) >= floor
        weights[chosen] = rule.weight
        for number in matches:
            if number != UNKNOWN:
                trained[number] = rule.weight > 0
            if rule.weight > 0:
                floors[number] = min(floors.get(number, np.inf), floor)
    least = [(number, floor) for number, floor in floors.items() if floor > -np.inf]
    numbers = event_type.copy()
    for row, (number, _) in enumerate(least):
        numbers[(event_type == number) & (weights == 0)] = len(event_types) + row
    total, count = group.sum(np.array([weights.sum(dtype=np.float64), np.count_nonzero(weights)])).tolist()
    return Ruled(weights * np.float32(count / total) if count else weights, numbers, trained, least)


def _matches(rule: EventRule, event_types: Sequence[str]) -> list[int]:
    """The numbers of the event types of a rule."""
    wanted = rule.event_type
    if wanted is None:
        return [*range(len(event_types)), UNKNOWN]
    exact = [i for i, name in enumerate(event_types) if name == wanted]
    return exact or [i for i, name in enumerate(event_types) if name.casefold() == wanted.casefold()]


def thresholds_of(rules: Sequence[EventRule]) -> str:
    """A sentence with the thresholds of the rules, if they have any."""
    least = [f"{one.event_type or 'all'} {one.threshold:g}" for one in rules if one.threshold is not None]
    if not least:
        return ""
    return f" Events without EVENT_VALUE, or with a lower one than this, do not count: {', '.join(least)}."
