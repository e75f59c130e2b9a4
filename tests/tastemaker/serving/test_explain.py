"""Explanations: on request only, and what the model's arithmetic says."""

import json
from typing import Any

import pytest

from tastemaker.models.scores import log_sum
from tastemaker.serving.explain import explain
from tastemaker.serving.recommendations import get_recommendations
from tastemaker.wire import Service
from tests.tastemaker.serving.films import PREFIX, Cinema


def answered(cinema: Cinema, campaign: str = "v1", **params: Any) -> dict:
    request = {"campaignArn": f"{PREFIX}campaign/{campaign}", **params}
    result = get_recommendations(cinema.runtime, request)
    return json.loads(Service("personalize-runtime").serialize("GetRecommendations", result).body)


def test_without_explain_the_answer_has_the_members_of_the_service(cinema: Cinema) -> None:
    assert set(answered(cinema, userId="ann")) == {"itemList", "recommendationId"}
    assert set(answered(cinema, userId="ann", explain=False)) == {"itemList", "recommendationId"}


def test_explanation_names_the_event_that_raised_the_score(cinema: Cinema) -> None:
    cinema.saw("bob", "emma")
    found = answered(cinema, userId="bob", explain=True)
    assert [one["itemId"] for one in found["explanations"]] == [one["itemId"] for one in found["itemList"]]
    because = {one["itemId"]: one["because"] for one in found["explanations"]}
    (event,) = because["emma"]
    assert event["itemId"] == "emma" and event["eventType"] == "view" and event["timestamp"] == 100
    assert event["influence"] > 0
    assert because["brazil"] == []  # the event made it less likely


def test_answers_without_history_have_empty_explanations(cinema: Cinema) -> None:
    for campaign in ("v1", "popular"):
        found = answered(cinema, campaign, userId="nobody", explain=True)["explanations"]
        assert found and all(one["because"] == [] for one in found)


@pytest.mark.parametrize("user", ["ann"])
def test_influence_equals_the_difference_in_log_score(cinema: Cinema, user: str) -> None:
    model = cinema.bundles.loaded["s3://lake/sequence/"].model
    history = model.bundle.history(user)
    item = int(history.items[-1])
    (found,) = explain(model, history, [item], now=50)
    less = history[history.items != history.items[found[0].position]]
    both = [model.score_user(read, now=50) for read in (history, less)]
    with_it, without = (scores[item] - log_sum(scores) for scores in both)
    assert found[0].position == len(history) - 1
    assert found[0].added == pytest.approx(float(with_it) - float(without), abs=1e-6)


def test_repeated_events_with_an_item_are_one_reason(cinema: Cinema) -> None:
    for start, film in enumerate(("emma", "emma", "brazil", "emma"), 100):
        cinema.saw("bob", film, start=start)
    found = answered(cinema, userId="bob", explain=True)["explanations"]
    for one in found:
        items = [event["itemId"] for event in one["because"]]
        assert len(items) == len(set(items))
    (because,) = [one["because"] for one in found if one["itemId"] == "emma"]
    (event,) = [event for event in because if event["itemId"] == "emma"]
    assert event["timestamp"] == 103  # the newest of the three
