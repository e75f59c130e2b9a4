"""Scores of a blend that are computed for several users at once."""

import numpy as np
import pytest

from tastemaker.models import blended
from tastemaker.models.blended import Blended
from tastemaker.models.extras import Extra

ITEMS, WIDTH, USERS = 50, 8, 7


def users() -> list[Blended]:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(ITEMS, WIDTH)).astype(np.float32)
    static = rng.normal(size=ITEMS).astype(np.float32)
    extras = [Extra(np.array([number, 40]), np.array([3.0, 1.0], np.float32)) for number in range(USERS)]
    queries = rng.normal(size=(USERS, WIDTH)).astype(np.float32)
    return [Blended(vectors, query, static, extra) for query, extra in zip(queries, extras, strict=True)]


@pytest.mark.parametrize("size", [1, 3 * ITEMS, 1 << 22])
def test_scores_of_users_together_equal_those_one_by_one(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blended, "PRODUCTS", size)
    together = users()
    Blended.multiply(together)
    for one, alone in zip(together, users(), strict=True):
        assert one.dense == pytest.approx(alone.dense, abs=1e-5)
        assert one.top(5).tolist() == alone.top(5).tolist()


def test_users_beyond_the_memory_limit_have_scores_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blended, "MAX_PRODUCTS", 2 * ITEMS)
    together = users()
    Blended.multiply(together)
    assert together[-1].dense == pytest.approx(users()[-1].dense, abs=1e-5)
