"""The linear item-to-item model."""

import numpy as np
import pytest

from tests.training.algorithms.histories import dense, many, sequences
from training.algorithms import linear


def test_linear_model_equals_the_closed_form() -> None:
    data = sequences([0, 1], [0, 1, 2], [2, 3], [0, 1, 3])
    touched = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [1, 1, 0, 1]], float)
    inverse = np.linalg.inv(touched.T @ touched + 2.0 * np.eye(4))
    expected = np.eye(4) - inverse / np.diag(inverse)
    found = dense(linear.fit(data, 4, 2.0))
    assert found == pytest.approx(expected, abs=1e-5)
    assert np.diag(found).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("held", [1, 7, 1 << 22])
def test_counted_pairs_equal_the_matrix_product(monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    monkeypatch.setattr(linear, "PAIR", 1e9)
    product = dense(linear.fit(many(), 30, 2.0))
    monkeypatch.setattr(linear, "PAIR", 0)
    monkeypatch.setattr(linear, "PAIRS", held)
    assert np.array_equal(dense(linear.fit(many(), 30, 2.0)), product)
