"""What a solution's rules about event types and values make of its events."""

import numpy as np

from training.config import EventRule
from training.data.event_rules import ruled, thresholds_of
from training.distributed.process_group import SINGLE

TYPES = ["rating", "share", "view"]
EVENT_TYPE = np.array([0, 0, 0, 1, 2, -1], np.int16)
VALUES = np.array([5.0, 2.0, np.nan, np.nan, 9.0, 9.0])


def apply(*rules: EventRule):
    return ruled(rules, TYPES, EVENT_TYPE, VALUES, SINGLE)


def test_without_rules_all_events_count_alike() -> None:
    about = apply()
    assert about.weights.tolist() == [1.0] * 6 and about.trained == [True] * 3
    assert about.numbers.tolist() == EVENT_TYPE.tolist() and about.least == []


def test_events_with_low_or_missing_values_have_a_number_of_their_own() -> None:
    about = apply(EventRule("Rating", 4.0), EventRule("share", weight=3.0))
    assert about.trained == [True, True, False]
    assert about.weights.tolist() == [0.5, 0.0, 0.0, 1.5, 0.0, 0.0]
    assert about.least == [(0, 4.0)] and about.numbers.tolist() == [0, 3, 3, 1, 2, -1]


def test_threshold_of_all_types_also_holds_for_events_without_a_type() -> None:
    about = apply(EventRule(None, 9.0))
    assert np.count_nonzero(about.weights) == 2 and about.trained == [True] * 3
    assert about.least == [(0, 9.0), (1, 9.0), (2, 9.0), (-1, 9.0)]
    assert about.numbers.tolist() == [3, 3, 3, 4, 2, -1]


def test_type_that_is_not_trained_on_has_no_threshold() -> None:
    about = apply(EventRule("rating", 4.0, weight=0.0), EventRule("view"))
    assert about.least == [] and about.numbers.tolist() == EVENT_TYPE.tolist()
    assert about.trained == [False, False, True]


def test_thresholds_are_named() -> None:
    assert thresholds_of([EventRule("view")]) == ""
    assert thresholds_of([EventRule("rating", 4.0), EventRule(None, 1.5)]).endswith("rating 4, all 1.5.")
