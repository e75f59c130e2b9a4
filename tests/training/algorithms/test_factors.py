"""Item factors."""

import numpy as np
import pytest

from tests.training.algorithms.histories import sequences
from training.algorithms import factors
from training.data.prepared import Prepared


def test_factors_of_items_with_the_same_users_point_the_same_way() -> None:
    vectors = factors.fit(sequences([0, 1], [0, 1], [1, 0, 0], [2, 3], [3, 2]), 5, 2)
    assert vectors[0] @ vectors[1] == pytest.approx(1.0, abs=1e-3)
    assert vectors[2] @ vectors[3] == pytest.approx(1.0, abs=1e-3)
    assert abs(vectors[0] @ vectors[2]) < 0.1
    assert not vectors[4].any()


def test_factors_do_not_depend_on_the_block_size(shop: Prepared) -> None:
    touches = factors.Touches(shop.sequences, len(shop.items))
    basis = np.random.default_rng(0).standard_normal((len(shop.items), 3), np.float32)
    whole = touches.multiplied(basis)
    np.testing.assert_allclose(touches.multiplied(basis, block=50), whole, rtol=1e-4, atol=1e-5)
