"""Exploration in answers: which campaigns explore, and what their configuration changes."""

import numpy as np
import pytest

from tastemaker.ids import save_array
from tastemaker.serving.recommendations import Request
from tests.tastemaker.serving.films import PREFIX, Cinema

DAY = 86_400


@pytest.fixture
def premiere(cinema: Cinema) -> Cinema:
    """Emma, the least popular film, came out two days before the latest event."""
    bundle = cinema.bundles.loaded["s3://lake/sequence/"].bundle
    bundle.manifest["latestTimestamp"] = 100 * DAY
    cinema.runtime.clock = lambda: 100.0 * DAY
    save_array(bundle.path / "item_created.npy", np.array([0, 0, 0, 0, 98 * DAY]))
    return cinema


def campaign(cinema: Cinema, name: str, recipe: str = "aws-user-personalization", **config: str) -> str:
    cinema.deploy(name, recipe, "sequence", campaignConfig={"itemExplorationConfig": config})
    return name


def share_with_emma(cinema: Cinema, name: str, requests: int = 300) -> float:
    answers = [cinema.items(name, userId="bob", numResults=1) for _ in range(requests)]
    return answers.count(["emma"]) / requests


def test_exploration_weight_is_the_share_of_exploring_places(premiere: Cinema) -> None:
    assert share_with_emma(premiere, "v1") == pytest.approx(0.3, abs=0.08)
    assert share_with_emma(premiere, campaign(premiere, "all", explorationWeight="1")) == 1.0


@pytest.mark.parametrize("config", [{"explorationWeight": "0"}, {"explorationItemAgeCutOff": "1"}])
def test_answer_is_unchanged_without_weight_or_new_items(premiere: Cinema, config: dict[str, str]) -> None:
    assert share_with_emma(premiere, campaign(premiere, "plain", **config)) == 0.0


@pytest.mark.parametrize(("shown", "least", "most"), [(0, 0.25, 0.75), (400, 0.0, 0.02)])
def test_new_item_that_was_often_shown_and_never_taken_leaves_lists(
    premiere: Cinema, shown: int, least: float, most: float
) -> None:
    """All other films are taken three times of ten."""
    folder = premiere.bundles.loaded["s3://lake/sequence/"].bundle.path
    save_array(folder / "item_shown.npy", np.array([100, 100, 100, 100, shown], np.int32))
    save_array(folder / "item_taken.npy", np.array([30, 30, 30, 30, 0], np.int32))
    assert least <= share_with_emma(premiere, campaign(premiere, "all", explorationWeight="1")) <= most


def test_event_in_the_future_does_not_make_items_old(premiere: Cinema) -> None:
    premiere.bundles.loaded["s3://lake/sequence/"].bundle.manifest["latestTimestamp"] = 5000 * DAY
    assert share_with_emma(premiere, campaign(premiere, "all", explorationWeight="1")) == 1.0


def test_answer_with_explored_item_stays_sorted(premiere: Cinema) -> None:
    shown = premiere.ask(campaign(premiere, "all", explorationWeight="1"), userId="bob", numResults=3)
    scores = [item["score"] for item in shown["itemList"]]
    assert [item["itemId"] for item in shown["itemList"]] == ["alien", "brazil", "emma"]
    assert scores == sorted(scores, reverse=True) and "reason" not in shown["itemList"][2]


def test_second_generation_rarely_explores_and_gives_the_reason(premiere: Cinema) -> None:
    endpoint = premiere.runtime.endpoint({"campaignArn": f"{PREFIX}campaign/v2"})
    request = Request.of(premiere.runtime, endpoint, {"userId": "bob", "numResults": 1})
    found = [request.picks(str(seed)).each()[0] for seed in range(6000)]
    explored = [pick for pick in found if pick.item == request.query.loaded.bundle.items.index("emma")]
    assert 0 < len(explored) < 20
    assert all(pick.reasons == ("Exploration",) for pick in explored)


def test_equal_seeds_give_equal_answers(premiere: Cinema) -> None:
    endpoint = premiere.runtime.endpoint({"campaignArn": f"{PREFIX}campaign/v1"})
    params = {"userId": "bob", "numResults": 1}
    for seed in "abcdefgh":
        requests = (Request.of(premiere.runtime, endpoint, params) for _ in range(2))
        first, second = (request.picks(seed) for request in requests)
        assert first == second


class FakeLog:
    """An impression log in memory."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[str, list[str]]] = {}

    def record(self, recommendation_id: str, arn: str, items: list[str]) -> None:
        self.answers[recommendation_id] = arn, items


def test_exploring_recipes_record_their_impressions(premiere: Cinema) -> None:
    log = premiere.runtime.impression_log = FakeLog()
    shown = premiere.ask("v1", userId="bob", numResults=3)
    items = [item["itemId"] for item in shown["itemList"]]
    premiere.ask("v2", userId="bob")
    premiere.ask("popular")
    assert log.answers == {shown["recommendationId"]: (f"{PREFIX}campaign/v1", items)}
