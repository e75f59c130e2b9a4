"""The optimization objective makes lists richer, as far as the sensitivity asks."""

import json
from pathlib import Path

import numpy as np
import pytest

from tastemaker.columns import NUMBER, Column, Columns
from tastemaker.ids import Ids
from tastemaker.models import Bundle, load
from tastemaker.models.bundle import Histories, History
from tastemaker.models.features import FeatureRows, FeatureSpace
from tastemaker.models.parts import MIN_REWARD
from tastemaker.models.topk import top_k
from tests.training import lake
from training.config import Objective
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared, Sequences
from training.data.split import Cases, shown, validation_cases
from training.errors import BadDataError
from training.job import fit_and_export
from training.output.evaluate import evaluate, lists, scorer
from training.progress import StopSignal
from training.tuning.objective import gains, truths
from training.tuning.rewards import KEPT, Asked, rewards, temperature, weights


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
        weights(model, item_rewards, level, shop, cases)["weight"]  # type: ignore[arg-type]
        for level in ("OFF", "LOW", "MEDIUM", "HIGH")
    ]
    assert found[0] == 0.0
    assert found == sorted(found)
    assert found[-1] > found[1]


class Noisy:
    """A model that makes the truth likely, beside noise; the objective's score may be added."""

    needs_item = False

    def __init__(self, prepared: Prepared, added: np.ndarray | float = 0.0) -> None:
        self.prepared, self.added = prepared, added

    def score_user(self, history: History, *, now: int, user_index: int) -> np.ndarray:
        rng = np.random.default_rng([user_index, len(history)])
        scores = rng.normal(size=len(self.prepared.items)).astype(np.float32)
        scores[self.prepared.sequences.history(user_index).items[len(history) :]] += 1.5
        return scores + np.float32(self.added)


def planted(values: np.ndarray, users: int = 600, events: int = 60) -> Prepared:
    """Users with sixty random items each, and items with these values in the column WORTH."""
    rng, items = np.random.default_rng(3), len(values)
    item = rng.integers(0, items, users * events).astype(np.int32)
    time = np.tile(np.arange(events), users) * 100 + lake.START
    sequences = Sequences(
        np.arange(users + 1) * events,
        item,
        time,
        np.full(len(item), -1, np.int16),
        np.ones(len(item), np.float32),
        np.zeros((len(item), 0), np.int32),
    )
    columns = Columns({"WORTH": Column.build(NUMBER, values)}, rows=items)
    return Prepared(
        items=Ids.build([f"i{number:04d}" for number in range(items)]),
        users=Ids.build([f"u{number:04d}" for number in range(users)]),
        sequences=sequences,
        histories=Histories(sequences.offsets, item, time, sequences.types),
        event_types=[],
        trained_types=[],
        unknown_types=True,
        item_columns=columns,
        user_columns=Columns(rows=users),
        item_space=FeatureSpace(()),
        item_features=FeatureRows.empty(items),
        user_space=FeatureSpace(()),
        user_features=FeatureRows.empty(users),
        context_space=FeatureSpace(()),
        item_created=np.zeros(items, np.int64),
    )


RNG = np.random.default_rng(0)
COLUMNS = {
    "long tail": np.exp(2.5 * RNG.normal(size=500)),
    "margins, some negative": RNG.normal(2.0, 30.0, 500),
    "durations": RNG.uniform(60, 10_000, 500),
    "stock, mostly 0": np.where(RNG.random(500) < 0.97, 0.0, RNG.integers(1, 900, 500)).astype(float),
    "half empty": np.where(RNG.random(500) < 0.5, np.nan, np.exp(2.5 * RNG.normal(size=500))),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_rewards_rise_with_the_sensitivity_and_relevance_stays(column: str) -> None:
    data = planted(COLUMNS[column])
    validation = validation_cases(data.sequences, 1)
    everybody = Cases(np.arange(600), shown(data.sequences.lengths))
    item_rewards = rewards(Objective("WORTH"), data)
    assert item_rewards is not None
    gained, relevance, richness = [], [], []
    for level in ("OFF", "LOW", "MEDIUM", "HIGH"):
        found = weights(Noisy(data), item_rewards, level, data, validation)  # type: ignore[arg-type]
        model = Noisy(data, found["weight"] * item_rewards.logarithms)
        ask = scorer(model, data)  # type: ignore[arg-type]
        metrics = evaluate(ask, data, everybody, item_rewards.values)
        gained.append(metrics["average_rewards_at_k"])
        relevance.append(metrics["normalized_discounted_cumulative_gain_at_25"])
        richness.append(np.mean([item_rewards.logarithms[one] for one in lists(ask, data, everybody)]))
    assert (np.diff(gained) > -0.003).all()  # chance moves a share by so much
    assert gained[3] > gained[0] + 0.003
    assert richness == sorted(richness) and richness[3] > richness[0] + 0.01
    assert relevance[3] >= 0.8 * relevance[0]


def test_extreme_values_count_no_more_than_the_limit_of_the_scale() -> None:
    values = np.append(np.linspace(1.0, 100.0, 99), 1e9)
    item_rewards = rewards(Objective("WORTH"), planted(values))
    assert item_rewards is not None
    found = item_rewards.logarithms
    assert found[99] == found[98] == 0.0
    assert found.min() == pytest.approx(np.log(MIN_REWARD))


def test_item_without_a_value_has_the_mean_reward() -> None:
    values = np.array([np.nan, 1.0, 2.0, 3.0, 4.0])
    item_rewards = rewards(Objective("WORTH"), planted(values))
    assert item_rewards is not None
    assert item_rewards.logarithms[0] == pytest.approx(item_rewards.logarithms[1:].mean())


def test_strong_objective_keeps_its_share_of_the_relevance() -> None:
    """The rewards favor items that nobody chooses, so that every weight costs relevance."""
    data = planted(np.arange(500.0))
    item_rewards = rewards(Objective("WORTH"), data)
    assert item_rewards is not None
    cases = validation_cases(data.sequences, 1)
    wanted = truths(data.sequences, cases)

    def relevance(added: np.ndarray | float) -> float:
        ask = scorer(Noisy(data, added), data)  # type: ignore[arg-type]
        return float(gains(lists(ask, data, cases), wanted).mean())

    plain = relevance(0.0)
    for level in ("LOW", "MEDIUM", "HIGH"):
        found = weights(Noisy(data), item_rewards, level, data, cases)["weight"]  # type: ignore[arg-type]
        assert relevance(found * item_rewards.logarithms) >= KEPT[level] * plain


def test_temperature_makes_scores_logarithms_of_probabilities() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(400, 30)).astype(np.float32)
    chosen = [np.array([int(np.argmax(row + rng.gumbel(size=30)))]) for row in logits]
    assert temperature(Asked([4 * row for row in logits], chosen)) == pytest.approx(0.25, rel=0.2)


def test_next_items_that_were_not_live_do_not_decide_the_temperature() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(400, 30)).astype(np.float32)
    chosen = [np.array([int(np.argmax(row + rng.gumbel(size=30)))]) for row in logits]
    rows = [4 * row for row in logits]
    for row in rows:
        row[29] = -np.inf
    assert any(truth[0] == 29 for truth in chosen)
    assert temperature(Asked(rows, chosen)) == pytest.approx(0.25, rel=0.2)


def test_temperature_is_one_if_no_next_item_was_live() -> None:
    rows = [np.array([0.0, -np.inf], np.float32)] * 3
    assert temperature(Asked(rows, [np.array([1])] * 3)) == 1.0


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
    new_users = prices[top_k(wishful[1], 5)].mean()
    assert new_users > prices[top_k(plain[1], 5)].mean()
    item_rewards = rewards(config.objective, data)
    assert item_rewards is not None
    raised = wishful[0] - plain[0]
    assert raised == pytest.approx(chosen * item_rewards.logarithms, abs=1e-3)


def test_objective_of_an_older_bundle_is_read(tmp_path: Path) -> None:
    objective = {"itemAttribute": "PRICE", "objectiveSensitivity": "LOW"}
    path = lake.build(
        tmp_path, recipe="aws-user-personalization", solutionConfig={"optimizationObjective": objective}
    )
    config = read_config(path)
    data = prepare(config, tmp_path)
    fit_and_export(config, data, tmp_path / "model", checkpoints=None, stop=StopSignal())
    written = tmp_path / "model/bundle.json"
    manifest = json.loads(written.read_text())
    manifest["model"]["objective"] = {"attribute": "PRICE", "mean": 12.0, "deviation": 4.0}
    manifest["model"]["parts"]["objective"] = {"weight": 0.5}
    written.write_text(json.dumps(manifest))
    model = load(Bundle.open(tmp_path / "model"))
    assert model.objective[[4, 20]] == pytest.approx([-2.0, 2.0])  # type: ignore[attr-defined]
    assert np.isfinite(model.score_user(History.empty(), now=data.latest)).all()
