"""A program that was written for Amazon Personalize runs unchanged with another endpoint."""

import pytest

from tests.end_to_end import shop
from tests.end_to_end.running import run


@pytest.fixture(scope="module")
def seen(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> dict:
    return run("first_campaign.py", endpoint, tmp_path_factory.mktemp("shop"))


def test_recommendations_are_from_the_aisle_of_the_history(seen: dict) -> None:
    assert len(set(seen["before"])) == 10
    assert {shop.aisle_of(item) for item in seen["before"][:4]} == {"bread"}


def test_unknown_user_gets_recommendations(seen: dict) -> None:
    assert len(set(seen["nobody"])) == 10


def test_similar_items_are_of_the_same_aisle(seen: dict) -> None:
    assert "cheese-03" not in seen["similar"]
    assert {shop.aisle_of(item) for item in seen["similar"][:5]} == {"cheese"}


def test_events_change_the_list_of_the_customer_who_sent_them(seen: dict) -> None:
    def tea(answer: str) -> int:
        return sum(shop.aisle_of(item) == "tea" for item in seen[answer])

    assert tea("after") >= tea("before") + 3


def test_metrics_are_of_held_out_events(seen: dict) -> None:
    metrics = seen["for-you metrics"]
    assert metrics["normalized_discounted_cumulative_gain_at_25"] > 0.3
    assert 0 < metrics["precision_at_25"] <= 1
    assert 0 < metrics["coverage"] <= 1


def test_everything_can_be_deleted(seen: dict) -> None:
    assert seen["group is left"] is False
    assert "aws-user-personalization-v2" in seen["recipes"]
