"""The optimization objective makes lists richer, as far as the sensitivity asks."""

from pathlib import Path

import numpy as np
import pytest

from tastemaker.models import Bundle, load
from tastemaker.models.bundle import History
from tastemaker.models.topk import top_k
from tests.training import lake
from training.config import Objective
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.data.split import validation_cases
from training.errors import BadDataError
from training.job import fit_and_export
from training.progress import StopSignal
from training.tuning.rewards import rewards, weight


class Foreseeing:
    """A model that scores the user's next items highest, then the items in order of their number."""

    needs_item = False

    def __init__(self, prepared: Prepared) -> None:
        self.sequences = prepared.sequences

    def score_user(self, history: History, *, now: int, user_index: int) -> np.ndarray:
        scores = -0.02 * np.arange(lake.ITEMS + 1, dtype=np.float32)
        truth = self.sequences.history(user_index).items[len(history) :]
        scores[truth] += 1.0
        return scores


def test_higher_sensitivity_gives_more_weight_and_off_gives_none(shop: Prepared) -> None:
    item_rewards = rewards(Objective("PRICE"), shop)
    assert item_rewards is not None
    cases = validation_cases(shop.sequences, 0)
    model = Foreseeing(shop)
    found = [
        weight(model, item_rewards, level, shop, cases)  # type: ignore[arg-type]
        for level in ("OFF", "LOW", "MEDIUM", "HIGH")
    ]
    assert found[0] == 0.0
    assert found == sorted(found)
    assert found[-1] > found[1]


@pytest.mark.parametrize("attribute", ["GENRE", "NOTHING"])
def test_objective_without_numbers_is_named_in_the_error(shop: Prepared, attribute: str) -> None:
    with pytest.raises(BadDataError, match=attribute):
        rewards(Objective(attribute, "HIGH"), shop)


def test_objective_changes_answers_and_metrics(tmp_path: Path) -> None:
    objective = {"itemAttribute": "PRICE", "objectiveSensitivity": "HIGH"}
    path = lake.build(
        tmp_path, recipe="aws-user-personalization", solutionConfig={"optimizationObjective": objective}
    )
    config = read_config(path)
    data = prepare(config, tmp_path)
    metrics = fit_and_export(config, data, tmp_path / "model", checkpoints=None, stop=StopSignal())
    assert 0.0 < metrics["average_rewards_at_k"] <= 1.0
    model = load(Bundle.open(tmp_path / "model"))
    chosen = model.parts["objective"]["weight"]  # type: ignore[attr-defined]
    assert chosen > 0
    history = data.sequences.history(0)
    prices = data.item_columns["PRICE"].values
    wishful = [model.score_user(one, now=data.latest) for one in (history, History.empty())]
    model = load(Bundle.open(tmp_path / "model"))
    del model.parts["objective"]  # type: ignore[attr-defined]
    plain = [model.score_user(one, now=data.latest) for one in (history, History.empty())]
    for with_it, without_it in zip(wishful, plain, strict=True):
        assert prices[top_k(with_it, 5)].mean() > prices[top_k(without_it, 5)].mean()
    standard = (prices - prices.mean()) / prices.std()
    raised = wishful[0] - plain[0]
    assert raised - raised.mean() == pytest.approx(chosen * standard, abs=1e-3)
