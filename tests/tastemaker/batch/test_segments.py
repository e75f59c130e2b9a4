"""Segments of the films' two users, by a fake model."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tastemaker.batch.lines import BadLine
from tastemaker.batch.segments import SegmentJob
from tastemaker.filters import FilterError
from tastemaker.masks import MaskCache
from tastemaker.models import Bundle, Model
from tastemaker.serving.loaded import LoadedBundle
from tests.tastemaker.serving.films import GROUP, PREFIX, Cinema, write_bundle


class Fans(Model):
    """Ann likes films of the beginning of the alphabet, Bob those of its end."""

    model_name = "fans"

    def users_for_item(self, item_index: int) -> np.ndarray:
        return np.array([-item_index, item_index - 4], np.float32)

    def users_for_attributes(self, items: np.ndarray) -> np.ndarray:
        return self.users_for_item(int(np.flatnonzero(items)[-1]))


@pytest.fixture
def cinema(tmp_path: Path) -> Cinema:
    cinema = Cinema(tmp_path)
    bundle = Bundle.open(write_bundle(tmp_path / "fans", "fans"))
    cinema.bundles.loaded["s3://lake/fans/"] = LoadedBundle(bundle, Fans(bundle), MaskCache())
    return cinema


def segments(cinema: Cinema, recipe: str = "aws-item-affinity", **more: Any) -> SegmentJob:
    plan = {
        "arn": f"{PREFIX}batch-segment-job/j",
        "solutionVersionArn": f"{PREFIX}solution/s/1",
        "datasetGroupArn": GROUP,
        "recipeArn": f"arn:aws:personalize:::recipe/{recipe}",
        "bundle": "s3://lake/fans/",
        "filterArn": None,
        "numResults": 25,
        "config": {},
        **more,
    }
    return SegmentJob.from_plan(plan, cinema.runtime)


def test_segment_of_an_item(cinema: Cinema) -> None:
    assert segments(cinema).answer({"itemId": "alien"}) == {"usersList": ["ann", "bob"]}
    assert segments(cinema).answer({"itemId": "emma"}) == {"usersList": ["bob", "ann"]}
    assert segments(cinema, numResults=1).answer({"itemId": "emma"}) == {"usersList": ["bob"]}


def test_segment_of_item_attributes(cinema: Cinema) -> None:
    job = segments(cinema, "aws-item-attribute-affinity")
    assert job.answer({"itemAttributes": 'ITEMS.genres = "horror"'}) == {"usersList": ["ann", "bob"]}
    assert job.answer({"itemAttributes": "ITEMS.year = 1984.5"}) == {"usersList": ["bob", "ann"]}


def test_segment_applies_user_filters(cinema: Cinema) -> None:
    grown = cinema.filter("grown", "INCLUDE UserID WHERE Users.AGE >= $AGE")
    job = segments(cinema, filterArn=grown)
    assert job.answer({"itemId": "emma", "filterValues": {"AGE": "18"}}) == {"usersList": ["ann"]}
    with pytest.raises(FilterError, match="AGE"):
        job.answer({"itemId": "emma"})
    buyers = cinema.filter("buyers", 'EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("buy")')
    assert segments(cinema, filterArn=buyers).answer({"itemId": "alien"}) == {"usersList": ["bob"]}


@pytest.mark.parametrize(
    ("recipe", "question", "message"),
    [
        ("aws-item-affinity", {}, "itemId is missing"),
        ("aws-item-affinity", {"itemId": "unknown"}, "no item unknown"),
        ("aws-item-affinity", {"itemId": "emma", "filterValues": {"A": "1"}}, "filterArn"),
        ("aws-item-attribute-affinity", {"itemId": "emma"}, "itemAttributes is missing"),
        ("aws-item-attribute-affinity", {"itemAttributes": "ITEMS.genres = 'western'"}, "No item has"),
    ],
)
def test_invalid_lines_are_rejected(cinema: Cinema, recipe: str, question: dict, message: str) -> None:
    with pytest.raises(BadLine, match=message):
        segments(cinema, recipe).answer(question)
