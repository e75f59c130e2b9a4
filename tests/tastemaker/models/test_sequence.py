"""The blend of the sequence model: its sparse parts for several users at once, against each part alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from tastemaker.ids import Ids, save_array
from tastemaker.models import Bundle, extras
from tastemaker.models.base import Asker
from tastemaker.models.bundle import History
from tastemaker.models.features import FeatureColumn, FeatureSpace
from tastemaker.models.overlaid import Overlaid
from tastemaker.models.scores import Asked, Dense, prepare
from tastemaker.models.sequence import MAX_SHARED, SequenceModel
from tastemaker.models.sparse import SparseRows

ITEMS, NEIGHBORS = 60, 4
PARTS = {
    "transitions": {"weight": 1.0, "halfLife": 2.0},
    "linear": {"weight": 0.3, "halfLife": 5.0},
    "repeat": {"weight": 0.5, "halfLife": 0.5},
    "seen": {"weight": -0.7},
    "popularity": {"weight": 0.1},
}


@pytest.fixture
def model(tmp_path: Path) -> SequenceModel:
    rng = np.random.default_rng(3)
    (tmp_path / "model").mkdir()
    Ids.build(f"item-{number:02}" for number in range(ITEMS)).save(tmp_path, "items")
    save_array(tmp_path / "popularity.npy", rng.integers(1, 99, ITEMS).astype(np.float32))
    for name in ("transitions", "linear"):
        SparseRows(
            np.arange(0, ITEMS * NEIGHBORS + 1, NEIGHBORS),
            np.concatenate([rng.choice(ITEMS, NEIGHBORS, replace=False) for _ in range(ITEMS)]).astype(
                np.int32
            ),
            rng.random(ITEMS * NEIGHBORS).astype(np.float32),
        ).save(tmp_path / "model", name)
    about = {"parts": PARTS, "typicalGap": 60, "trainedTypes": [True], "unknownTypes": True}
    manifest = {"formatVersion": 1, "kind": "sequence", "eventTypes": ["view"], "model": about}
    (tmp_path / "bundle.json").write_text(json.dumps(manifest))
    return SequenceModel(Bundle.open(tmp_path))


CONTEXTS = 3 * MAX_SHARED
DEVICES = [{"DEVICE": f"d{number}"} for number in range(CONTEXTS)]


@pytest.fixture
def in_contexts(model: SequenceModel) -> SequenceModel:
    """The model with a table of many contexts."""
    folder = model.bundle.path
    values = tuple(one["DEVICE"] for one in DEVICES)
    space = FeatureSpace((FeatureColumn("DEVICE", "categorical", 0, values),))
    table = np.random.default_rng(7).normal(size=(CONTEXTS, ITEMS)).astype(np.float32)
    save_array(folder / "model" / "context_table.npy", table)
    save_array(folder / "model" / "context_rows.npy", np.arange(CONTEXTS, dtype=np.int32))
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["model"]["parts"] = PARTS | {"context": {"weight": 1.0}}
    manifest["model"]["contextTable"] = space.to_json()
    (folder / "bundle.json").write_text(json.dumps(manifest))
    return SequenceModel(Bundle.open(folder))


def histories(lengths: list[int]) -> list[History]:
    rng = np.random.default_rng(5)
    items = [rng.integers(0, ITEMS // 2, length).astype(np.int32) for length in lengths]  # with repeats
    return [History(one, np.arange(len(one)), np.zeros(len(one), np.int16)) for one in items]


@pytest.mark.parametrize("users_together", [1, 3, extras.MAX_USERS])
def test_sparse_parts_of_users_together_equal_each_part_alone(
    model: SequenceModel, users_together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "MAX_USERS", users_together)
    users = histories([30, 1, 3, 12, 50, 2, 8])
    for history, scores in zip(users, model.scores_together([Asker(h) for h in users], now=99), strict=True):
        wanted = np.zeros(ITEMS)
        for name, settings in PARTS.items():
            part = model.simple_part(name, history.items, settings)
            wanted += settings["weight"] * part.astype(np.float64)
        difference = scores.dense - wanted  # what a part adds to all items alike is left out
        assert difference == pytest.approx(np.full(ITEMS, difference.mean()), abs=2e-4)


def test_users_with_and_without_a_history_are_scored_together(model: SequenceModel) -> None:
    users = histories([0, 5, 0])
    together = model.scores_together([Asker(h) for h in users], now=99)
    for history, scores in zip(users, together, strict=True):
        alone = model.scores_for(history, now=99)
        assert scores.dense.tolist() == alone.dense.tolist()
        assert scores.top(9).tolist() == alone.top(9).tolist()


def test_context_gets_shared_scores_when_it_is_in_use_for_the_second_time(in_contexts: SequenceModel) -> None:
    (history,) = histories([5])
    first, second, third = (in_contexts.scores_for(history, now=99, context=DEVICES[0]) for _ in range(3))
    plain = [in_contexts.scores_for(history, now=99) for _ in range(2)]
    assert [type(one) for one in (first, second, third, *plain)] == [Dense, *[Overlaid] * 4]
    for again in (second, third):
        assert again.dense.tolist() == first.dense.tolist() != plain[0].dense.tolist()
        assert again.top(9).tolist() == first.top(9).tolist()
        assert again.log_sum() == pytest.approx(first.log_sum(), abs=1e-6)


def test_only_so_many_contexts_keep_shared_scores(in_contexts: SequenceModel) -> None:
    (history,) = histories([5])
    pairs = [Asker(history, context) for context in DEVICES for _ in range(2)]
    scores = in_contexts.scores_together([*pairs, *pairs, Asker(history)], now=99)
    shared = {id(one.shared) for one in scores if isinstance(one, Overlaid)}
    assert len(shared) == MAX_SHARED + 1, "and those without a context"
    answered = prepare(scores, [Asked(9, None, None)] * len(scores))
    for asker, one in zip(pairs, answered, strict=False):
        alone = Dense(in_contexts.score_user(history, now=99, context=asker.context))
        assert one.top(9).tolist() == alone.top(9).tolist()
        assert one.log_sum() == pytest.approx(alone.log_sum(), abs=1e-6)


def test_items_that_users_come_back_to_are_repeated_before_others(model: SequenceModel) -> None:
    rates = np.ones(ITEMS - 10, np.float32)  # ten items came after the training
    milk, card, new = 3, 4, ITEMS - 1
    rates[[milk, card]] = 4.0, 0.25
    save_array(model.bundle.path / "model" / "return_rates.npy", rates)
    items = np.array([milk, new, card])

    def order(power: float) -> list[int]:
        model.parts = {"repeat": {"weight": 1.0, "halfLife": 50.0, "returnPower": power}}
        scores = model.scores_for(History(items, items, np.zeros(3, np.int16)), now=9)
        dense = model.simple_part("repeat", items, model.parts["repeat"])
        assert scores.top(3).tolist() == np.argsort(-dense)[:3].tolist()
        return scores.top(3).tolist()

    assert order(0.0) == [card, new, milk], "the newest first"
    assert order(1.0) == [milk, new, card], "a new item has the average rate"
