"""The parts of a blend: what a sparse part gives its items, against the part over a whole catalog."""

import numpy as np
import pytest

from tastemaker.models import parts


def test_close_sums_of_a_linear_part_are_as_far_apart_as_over_a_whole_catalog() -> None:
    sums = np.array([0.3, 0.30001, 0.30002], np.float32)
    above = parts.above_all_others("linear", sums, np.array([[len(sums)]]), len(sums))
    assert above - above.mean() == pytest.approx(parts.standardized(sums), abs=0.01)
