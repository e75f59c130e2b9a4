"""What holds for every model, on bundles that training made from a small shop."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tastemaker.models import (
    Bundle,
    History,
    UnknownBundleFormatError,
    UnknownModelError,
    load,
    parts,
)
from tastemaker.models.scores import log_sum
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.topk import top_k
from tests.training import lake
from training.algorithms.likeness import NEW_PLACES
from training.data.prepared import Prepared

RECIPES = {
    "aws-user-personalization-v2": "sequence",
    "aws-popularity-count": "popularity",
    "aws-similar-items": "similar",
    "aws-sims": "similar",
    "aws-vod-more-like-x": "similar",
    "aws-vod-trending-now": "trending",
}
NOW = lake.START + 10_000


def scores_of(model, bundle: Bundle) -> np.ndarray:
    if model.needs_item:
        return model.score_item(3)
    return model.score_user(bundle.history("u003"), now=NOW, user_index=bundle.users.index("u003"))


@pytest.mark.parametrize("recipe", RECIPES)
class TestEveryModel:
    def test_bundle_names_its_model_and_recipe(self, trained, recipe: str) -> None:
        bundle = trained(recipe)
        model = load(bundle)
        assert bundle.model_name == model.model_name == RECIPES[recipe]
        assert bundle.manifest["recipe"] == recipe
        assert model.needs_user == (recipe == "aws-user-personalization-v2")

    def test_scores_the_whole_catalog(self, trained, recipe: str) -> None:
        bundle = trained(recipe)
        scores = scores_of(load(bundle), bundle)
        assert scores.dtype == np.float32
        assert scores.shape == (len(bundle.items),) == (lake.ITEMS + 1,)
        assert np.isfinite(scores).all()

    def test_scores_are_the_same_twice_and_after_a_copy(self, trained, recipe: str, tmp_path) -> None:
        bundle = trained(recipe)
        shutil.copytree(bundle.path, tmp_path / "copy")
        again = Bundle.open(tmp_path / "copy")
        first = scores_of(load(bundle), bundle)
        assert np.array_equal(first, scores_of(load(bundle), bundle))
        assert np.array_equal(first, scores_of(load(again), again))

    def test_unknown_format_and_unknown_model_are_refused_by_name(
        self, trained, recipe: str, tmp_path
    ) -> None:
        shutil.copytree(trained(recipe).path, tmp_path / "copy")
        manifest = json.loads((tmp_path / "copy/bundle.json").read_text())
        (tmp_path / "copy/bundle.json").write_text(json.dumps(manifest | {"formatVersion": 99}))
        with pytest.raises(UnknownBundleFormatError, match="99"):
            Bundle.open(tmp_path / "copy")
        (tmp_path / "copy/bundle.json").write_text(json.dumps(manifest | {"kind": "oracle"}))
        with pytest.raises(UnknownModelError, match="oracle"):
            load(Bundle.open(tmp_path / "copy"))

    def test_bundle_holds_what_serving_needs(self, trained, recipe: str) -> None:
        bundle = trained(recipe)
        history = bundle.history("u005")
        assert [bundle.items[i] for i in history.items] == [lake.item(n) for n in lake.walk(5)]
        assert [bundle.event_types.names[t] for t in history.event_types[:2]] == ["view", "buy"]
        assert (np.diff(history.timestamps) == 60).all()
        assert len(bundle.history("nobody")) == 0
        assert bundle.item_columns["GENRE"].value(4) == "even|all"
        assert bundle.user_columns["AGE"].value(bundle.users.index("u007")) == 27
        assert bundle.manifest["metrics"].keys() == bundle.manifest["baselines"]["popularity"].keys()
        assert not list(bundle.path.rglob("*.pkl")) and not list(bundle.path.rglob("*.pt"))


class TestSequence:
    RECIPE = "aws-user-personalization-v2"

    def test_sequence_model_learns_what_comes_next(self, trained) -> None:
        bundle = trained(self.RECIPE)
        model = load(bundle)
        right = 0
        for at in range(lake.ITEMS):
            items = np.array([(at - 2) % lake.ITEMS, (at - 1) % lake.ITEMS, at], np.int32)
            history = History(items, np.array([NOW - 180, NOW - 120, NOW - 60]), np.ones(3, np.int16))
            right += int(top_k(model.score_user(history, now=NOW), 1)[0] == (at + 1) % lake.ITEMS)
        assert right >= 0.9 * lake.ITEMS

    def test_empty_history_gives_different_scores(self, trained) -> None:
        bundle = trained(self.RECIPE)
        scores = load(bundle).score_user(History.empty(), now=NOW)
        assert np.isfinite(scores).all() and scores.std() > 0

    def test_request_years_later_gives_the_same_scores(self, trained) -> None:
        bundle = trained(self.RECIPE)
        model, history = load(bundle), bundle.history("u003")
        soon = int(history.timestamps[-1]) + 3600
        decade = 10 * 365 * 86_400
        assert np.array_equal(
            model.score_user(history, now=soon), model.score_user(history, now=soon + decade)
        )

    def test_request_time_before_the_last_event_is_accepted(self, trained) -> None:
        bundle = trained(self.RECIPE)
        model, history = load(bundle), bundle.history("u003")
        last = int(history.timestamps[-1])
        assert np.array_equal(model.score_user(history, now=last - 999), model.score_user(history, now=last))

    def test_unknown_event_type_is_read_as_none(self, trained) -> None:
        bundle = trained(self.RECIPE)
        history = bundle.history("u003")
        strange = History(history.items, history.timestamps, np.full(len(history), -1, np.int16))
        assert np.isfinite(load(bundle).score_user(strange, now=NOW)).all()

    def test_known_context_changes_scores_and_unknown_context_does_not(self, trained) -> None:
        bundle = trained(self.RECIPE)
        model, history = load(bundle), bundle.history("u003")
        plain = model.vector(history, now=NOW)
        assert not np.array_equal(plain, model.vector(history, now=NOW, context={"DEVICE": "phone"}))
        assert np.array_equal(plain, model.vector(history, now=NOW, context={"DEVICE": "toaster", "X": "1"}))

    def test_item_without_events_has_only_its_attributes_vector(self, trained, shop: Prepared) -> None:
        bundle = trained(self.RECIPE)
        model = load(bundle)
        new = bundle.items.index(lake.item(lake.ITEMS))
        codes, weights = shop.item_features.row(new)
        attributes = weights @ model.encoder.weights["item_features"][codes]
        assert model.item_vectors[new] == pytest.approx(attributes, abs=1e-6)
        assert attributes.any()


class TestSimilar:
    def test_neighbors_rank_before_popular_items_and_the_item_itself_last(self, trained) -> None:
        bundle = trained("aws-similar-items")
        scores = load(bundle).score_item(3)
        assert top_k(scores, len(scores))[-1] == 3
        assert set(top_k(scores, 4).tolist()) & {1, 2, 4, 5}

    def test_unknown_item_gets_popular_items(self, trained) -> None:
        bundle = trained("aws-similar-items")
        best = top_k(load(bundle).score_item(-1), 5)
        assert best.tolist() == top_k(bundle.item_users.astype(np.float32), 5).tolist()

    def test_cold_item_gets_neighbors_from_its_attributes(self, trained) -> None:
        bundle = trained("aws-similar-items")
        new = bundle.items.index(lake.item(lake.ITEMS))
        neighbors = load(bundle).neighbors.row(new)[0]
        assert {22, 23} <= set(neighbors.tolist())  # 22 is even too, and of like price; 23 is bought after it
        columns, values = load(bundle).neighbors.row(22)
        place = columns[top_k(values, len(values))].tolist().index(new) + 1
        assert place >= NEW_PLACES[0]  # a new item comes after the first known ones


def test_popularity_counts_users_not_events(trained) -> None:
    bundle = trained("aws-popularity-count")
    touched = [{lake.walk(user)[place] for place in range(20)} for user in range(lake.USERS)]
    for number in range(lake.ITEMS):
        assert bundle.item_users[number] == sum(number in mine for mine in touched)


def by_the_book(model: SequenceModel, history: History, **asked) -> np.ndarray:
    """The weighted sum of every part over the whole catalog."""
    weights = {name: one["weight"] for name, one in model.parts.items()}
    if not len(history):
        weights = dict.fromkeys(("encoder", "popularity"), 0.5)
    total = np.zeros(len(model.bundle.items), np.float64)
    for name, weight in weights.items():
        if name == "encoder":
            logits = model.item_vectors @ model.vector(history, **asked) + model.item_bias
            total += weight * parts.log_softmax(logits)
        else:
            total += weight * model.simple_part(name, history.items, model.parts[name])
    return total - log_sum(total)


@given(
    events=st.lists(st.integers(0, lake.ITEMS), max_size=60),
    weights=st.lists(st.sampled_from([-1.0, 0.0, 0.3, 1.0]), min_size=6, max_size=6),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_blend_is_the_weighted_sum_of_its_parts(trained, events: list[int], weights: list[float]) -> None:
    model = load(trained("aws-user-personalization-v2"))
    assert isinstance(model, SequenceModel)
    names = ("encoder", "transitions", "linear", "repeat", "seen", "popularity")
    assert set(model.parts) <= set(names)
    model.parts = {
        name: {"weight": abs(weight) if name == "encoder" else weight, "halfLife": 2.0}
        for name, weight in zip(names, weights, strict=True)
        if name in model.parts
    }
    items = np.array(events, np.int32)
    times = lake.START + 60 * np.arange(len(items))
    history = History(items, times, np.zeros(len(items), np.int16))
    scores = model.scores_for(history, now=NOW)
    expected = by_the_book(model, history, now=NOW)
    some = [3, 0, 3, lake.ITEMS]
    found = scores.of(some)  # before the whole catalog is scored
    assert scores.dense[some] == pytest.approx(found, abs=1e-4)
    assert scores.dense - log_sum(scores.dense) == pytest.approx(expected, abs=2e-4)
