import pytest

from tastemaker.contracts.text_models import SMALL_MODEL, TOKENS, TextGeneration
from tastemaker.extensions.estimate_text_cost import estimate_text_cost
from tastemaker.generation.messages import MessageType

SETTINGS = TextGeneration("amazon.nova-lite-v1:0", ceiling_usd=7)


def test_cost_grows_with_the_number_of_texts_and_with_the_price() -> None:
    small = estimate_text_cost(SETTINGS, {"textType": "EMAIL_BODY", "textCount": 1_000})
    large = estimate_text_cost(SETTINGS, {"textType": "EMAIL_BODY", "textCount": 1_000_000})
    costs = [one["expectedCostUsd"] for one in large["estimates"]]
    assert costs == sorted(costs) and costs[0] == 0 < costs[1] < costs[-1]
    for one, thousand in zip(small["estimates"], large["estimates"], strict=True):
        assert thousand["expectedCostUsd"] == pytest.approx(1000 * one["expectedCostUsd"], rel=0.02)
        assert one["largestCostUsd"] == pytest.approx(2 * one["expectedCostUsd"], abs=1e-4)


def test_model_of_the_deployment_and_its_ceiling_are_marked() -> None:
    found = estimate_text_cost(SETTINGS, {"textType": "THEME", "textCount": 100})
    assert [one["model"] for one in found["estimates"] if one["used"]] == ["amazon.nova-lite-v1:0"]
    assert found["ceilingUsd"] == 7
    free = estimate_text_cost(TextGeneration(), {"textType": "THEME", "textCount": 100})
    assert [one["model"] for one in free["estimates"] if one["used"]] == ["template"]


def test_there_are_figures_for_every_type_of_text() -> None:
    assert set(TOKENS) == {*MessageType, "THEME"}


def test_small_model_costs_nothing() -> None:
    found = estimate_text_cost(TextGeneration(SMALL_MODEL), {"textType": "PUSH", "textCount": 1_000_000})
    (used,) = [one for one in found["estimates"] if one["used"]]
    assert (used["model"], used["largestCostUsd"]) == (SMALL_MODEL, 0.0)
