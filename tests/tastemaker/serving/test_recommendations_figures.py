"""The figures of a request that serving reports to the operator."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from tastemaker.errors import TastemakerError
from tastemaker.models.base import Model
from tastemaker.models.scores import Dense
from tastemaker.serving.ports import LogObserver
from tests.tastemaker.serving.films import PREFIX, Cinema


class Figures(LogObserver):
    """An observer that keeps the figures of one request."""

    def __init__(self) -> None:
        self.resources: dict[str, str] = {}
        self.figures: dict[str, float] = {}

    def concerns(self, **resources: str) -> None:
        self.resources.update(resources)

    def add(self, metric: str, value: float = 1) -> None:
        self.figures[metric] = self.figures.get(metric, 0) + value


class OneFilm:
    """A model that has a score for the first film only."""

    needs_item, needs_user, has_scores, prefers_live_items = False, True, True, True

    def scores_for(self, *args: Any, **kwargs: Any) -> Dense:
        return Dense(np.array([1.0, *[-np.inf] * 4], np.float32))


@pytest.fixture
def figures(cinema: Cinema) -> Figures:
    cinema.runtime.observer = observer = Figures()
    return observer


def test_user_without_events_is_cold(cinema: Cinema, figures: Figures) -> None:
    cinema.ask("v1", userId="zoe")
    assert figures.figures["ColdUsers"] == 1


@pytest.mark.parametrize("user", ["ann", "eve"])
def test_user_with_imported_or_streamed_events_is_not_cold(
    cinema: Cinema, figures: Figures, user: str
) -> None:
    cinema.saw("eve", "dune")
    cinema.ask("v2", userId=user)
    cinema.ask("ranking", "/personalize-ranking", userId=user, inputList=["dune"])
    assert "ColdUsers" not in figures.figures


def test_ranking_for_an_unknown_user_is_cold(cinema: Cinema, figures: Figures) -> None:
    cinema.ask("ranking", "/personalize-ranking", userId="zoe", inputList=["dune"])
    assert figures.figures == {"ColdUsers": 1}


def test_request_that_needs_no_history_reads_none_and_is_not_cold(cinema: Cinema, figures: Figures) -> None:
    cinema.ask("popular", userId="zoe")
    assert (cinema.profiles.queries, figures.figures) == (0, {})


def test_popular_items_that_fill_up_an_answer_are_counted(cinema: Cinema, figures: Figures) -> None:
    loaded = cinema.bundles.loaded["s3://lake/sequence/"]
    cinema.bundles.loaded["s3://lake/sequence/"] = replace(loaded, model=cast(Model, OneFilm()))
    answer = cinema.ask("v2", userId="ann", numResults=5)
    fillers = [item for item in answer["itemList"] if item.get("reason") == ["Popular item"]]
    assert figures.figures["FillerItems"] == len(fillers) == 4


def test_only_a_campaign_that_exists_is_the_resource_of_a_request(cinema: Cinema, figures: Figures) -> None:
    with pytest.raises(TastemakerError):
        cinema.runtime.endpoint({"campaignArn": f"{PREFIX}campaign/nowhere"})
    assert figures.resources == {}
    cinema.ask("v2", userId="ann")
    assert figures.resources == {"campaignArn": f"{PREFIX}campaign/v2"}
