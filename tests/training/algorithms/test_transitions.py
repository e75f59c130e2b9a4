"""What follows an item in the histories."""

import numpy as np
import pytest

from tests.training.algorithms.histories import dense, many, sequences
from training.algorithms import pairs, transitions


def test_transitions_weigh_nearer_events_more_and_stay_within_a_user() -> None:
    rows = dense(transitions.fit(sequences([0, 1, 2], [3, 0, 1]), 4, window=2))
    assert rows[0].tolist() == pytest.approx([0, 2 / 2.5, 0.5 / 2.5, 0])
    assert rows[3].tolist() == pytest.approx([1 / 1.5, 0.5 / 1.5, 0, 0])
    assert rows[2].tolist() == [0, 0, 0, 0]


def test_transitions_counted_in_portions_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = transitions.fit(many(), 30)
    monkeypatch.setattr(pairs, "CHUNK", 200)
    portions = list(pairs.portions(np.bincount(many().items, minlength=30) * 5))
    assert len(portions) > 4 and portions[0][0] == 0 and portions[-1][1] == 30
    in_portions = transitions.fit(many(), 30)
    assert in_portions.columns.tolist() == at_once.columns.tolist()
    assert in_portions.offsets.tolist() == at_once.offsets.tolist()
    assert in_portions.values == pytest.approx(at_once.values, rel=1e-6)
