"""The part `age` of a blend."""

import json

import numpy as np
import pytest

from tastemaker.models.ages import AgeCurve

DAY = 86_400.0
CURVE = AgeCurve(np.array([0.0, DAY, 2 * DAY, 9 * DAY]), np.array([8.0, 2.0, 1.0]) / DAY)
AGES = np.array([0, 1.5, 5, 100]) * DAY


def test_rate_at_an_age_is_compared_with_what_the_item_has_had() -> None:
    had = np.array([0.0, 8 + 1, 8 + 2 + 3, 8 + 2 + 7])
    expected = np.log(np.array([1, 2 / 8, 1 / 8, 1 / 8])) - np.log1p(had)
    np.testing.assert_allclose(CURVE.scores(AGES, AGES), expected, rtol=1e-5)


def test_list_of_the_past_has_the_rates_of_that_time() -> None:
    """The model has learned from all interactions, also from those that came later."""
    scores = CURVE.scores(np.array([0, DAY]), np.array([5, 5]) * int(DAY))
    assert scores[0] - scores[1] == pytest.approx(np.log(4))


def test_curve_is_kept_in_the_manifest() -> None:
    stored = AgeCurve.from_json(json.loads(json.dumps(CURVE.to_json())))
    assert stored.scores(AGES, AGES).tolist() == CURVE.scores(AGES, AGES).tolist()
