"""Similar items: how pairs are counted and weighted, and what replaces missing interactions."""

import numpy as np
import pytest

from tastemaker.models.features import FeatureRows
from tastemaker.models.sparse import SparseRows
from tests.training.algorithms.histories import bought, dense, sequences
from training.algorithms import content, similar
from training.algorithms.similar import Weighing
from training.config import Config
from training.pipelines.similar import SimilarPipeline
from training.progress import StopSignal


def features(codes: list[list[int]]) -> FeatureRows:
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in codes])]).astype(np.int64)
    flat = np.array([code for row in codes for code in row], np.int32)
    return FeatureRows(offsets, flat, np.ones(len(flat), np.float32))


def test_pair_counts_each_user_once_and_nearness_by_distance() -> None:
    counted = similar.count(sequences([0, 1, 0, 2]), 3)
    keys = {int(key): place for place, key in enumerate(counted.keys)}
    assert counted.shared.tolist() == [1.0] * 6
    assert counted.near[keys[0 * 3 + 1]] == pytest.approx(2.0)  # one before and one after
    assert counted.near[keys[0 * 3 + 2]] == pytest.approx(1 / 3 + 1)
    assert counted.near[keys[1 * 3 + 2]] == counted.near[keys[2 * 3 + 1]] == pytest.approx(1 / 2)


def test_items_shown_at_the_same_time_are_not_alike_for_that() -> None:
    """Item 0 is wanted with item 1, at any time. In the first year the site also showed it with item 2."""
    early = [[(0, day), (2, day + 1), (3, day + 2)] for day in range(100)]
    early += [[(2, day), (3, day + 1)] for day in range(100)]
    late = [[(0, 1000 + day), (1, 1001 + day)] for day in range(30)]
    late += [[(4, 1000 + day), (5, 1001 + day)] for day in range(170)]
    weights = dense(similar.count(bought(*early, *late), 6).rows(Weighing(power=0.75)))
    at_once = dense(
        similar.count(bought(*[[(i, 0) for i, _ in u] for u in early + late]), 6).rows(Weighing())
    )
    assert weights[0][1] > weights[0][2]
    assert at_once[0][1] < at_once[0][2]


def test_user_with_many_items_says_less_about_each_pair() -> None:
    counted = similar.count(sequences(list(range(200)), [200, 201, 202, 203]), 204)
    pair = {int(key): float(shared) for key, shared in zip(counted.keys, counted.shared, strict=True)}
    assert pair[1] == pytest.approx(0.5)  # four times the number of items up to which a user counts 1
    assert pair[200 * 204 + 201] == 1.0


def test_higher_discount_prefers_specific_items() -> None:
    everybody = [[0, 9]] * 20  # item 0 is what everybody has; 1 and 2 go together
    counted = similar.count(sequences(*everybody, *([[0, 1, 2]] * 6), *([[0, 1]] * 2)), 10)
    popular, peculiar = (
        dense(counted.rows(Weighing(power=similar.power(discount)))) for discount in (0.0, 1.0)
    )
    assert peculiar[1].argmax() == 2
    assert popular[1][2] / popular[1][0] < peculiar[1][2] / peculiar[1][0]


def test_items_with_too_few_common_users_are_not_neighbors() -> None:
    rows = similar.count(sequences([0, 1], [0, 1], [0, 2]), 3, minimum=2).rows(Weighing())
    assert (dense(rows)[0] > 0).tolist() == [False, True, False]


def test_long_histories_are_cut_to_the_pair_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sequences(*[list(range(start, start + 12)) for start in range(20)])
    whole = similar.count(data, 32)
    monkeypatch.setattr(similar, "MAX_PAIRS", 20 * 5 * 4)
    assert similar.max_history(np.full(20, 12)) == 5
    cut = similar.count(data, 32)
    assert cut.shared.sum() == 20 * 5 * 4
    newest = {30, 29, 28, 27, 26}  # of the last user
    assert set((cut.keys[cut.keys // 32 == 30] % 32).tolist()) == newest - {30}
    assert len(cut.keys) < len(whole.keys)


def test_chosen_weighing_fits_the_data() -> None:
    rng = np.random.default_rng(0)
    walks = [[(start + step) % 40 for step in range(12)] for start in rng.integers(40, size=80)]
    chosen, _ = similar.choose(
        similar.count(sequences(*walks), 40), range(39), [np.array([i + 1]) for i in range(39)]
    )
    assert not np.isinf(chosen.users)  # one thing leads to the next
    tastes = [rng.permutation(np.arange(20) + 20 * (user % 2))[:12].tolist() for user in range(80)]
    counted = similar.count(sequences(*tastes), 40)
    wanted = [rng.permutation(np.arange(20) + 20 * (item // 20)) for item in range(40)]
    assert similar.choose(counted, range(40), wanted)[1] > 0.5


def test_specific_lists_are_chosen_where_nothing_but_chance_is_lost() -> None:
    rng = np.random.default_rng(1)
    tastes = [rng.permutation(np.arange(20) + 20 * (user % 2))[:12].tolist() for user in range(80)]
    counted = similar.count(sequences(*tastes), 40)
    wanted = [rng.permutation(40)[:4] for _ in range(40)]
    plain, reached = similar.choose(counted, range(40), wanted)
    specific, kept = similar.choose(counted, range(40), wanted, specific=True)
    assert specific.power == max(similar.POWERS)
    assert plain.power <= specific.power
    assert kept <= reached


def goes_with(pairs: dict[int, list[int]], items: int) -> SparseRows:
    lengths = [len(pairs.get(item, [])) for item in range(items)]
    columns = np.array([other for item in range(items) for other in pairs.get(item, [])], np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return SparseRows(offsets, columns, np.ones(len(columns), np.float32))


GROUPS = 6
KNOWN = 48
"""Items of six kinds, eight of each; the kind says what goes with what."""


def partners() -> dict[int, list[int]]:
    return {
        item: [o for o in range(KNOWN) if o % GROUPS == item % GROUPS and o != item] for item in range(KNOWN)
    }


def catalog(cold: int) -> tuple[SparseRows, np.ndarray]:
    """Rows within kinds for known items, none for `cold` more; interactions of each."""
    interactions = np.array([20] * KNOWN + [0] * cold)
    return goes_with(partners(), KNOWN + cold), interactions


def kinds(items: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors that tell the kinds apart, and vectors that tell nothing."""
    rng = np.random.default_rng(seed)
    told = np.eye(GROUPS, dtype=np.float32)[np.arange(items) % GROUPS]
    noise = np.abs(rng.normal(size=(items, GROUPS))).astype(np.float32)
    return told, noise / np.linalg.norm(noise, axis=1, keepdims=True)


def with_content(rows: SparseRows, attributes: FeatureRows, texts, interactions) -> SparseRows:
    """By a mixture that validation on the known items chooses: each is followed by others of its kind."""
    alike = content.resemblance(attributes, texts, interactions)
    assert alike is not None
    asked = list(range(KNOWN))
    wanted = [np.array([(item + GROUPS) % KNOWN]) for item in asked]
    return content.fit(rows, alike, content.choose(rows, alike, asked, wanted), interactions)


def test_cold_item_gets_the_neighbors_of_similar_items() -> None:
    rows, interactions = catalog(cold=2)
    told, noise = kinds(KNOWN + 2, 0)
    attributes = features([[int(code)] for code in np.random.default_rng(1).integers(9, size=KNOWN + 2)])
    found = with_content(rows, attributes, told, interactions)
    for cold in (KNOWN, KNOWN + 1):
        columns, values = found.row(cold)
        best = columns[np.argsort(-values)][:7]
        assert (best % GROUPS == cold % GROUPS).all()  # texts know, attributes do not
    by_group = features([[item % GROUPS] for item in range(KNOWN + 2)])
    asked, wanted = [*range(KNOWN)], [np.array([(item + GROUPS) % KNOWN]) for item in range(KNOWN)]
    alike = content.Resemblance(by_group, noise, np.arange(KNOWN))
    assert content.choose(rows, alike, asked, wanted).text == 0.0  # attributes know, texts do not
    alike = content.Resemblance(attributes, told, np.arange(KNOWN))
    assert content.choose(rows, alike, asked, wanted).text > 0.0


def test_cold_item_ranks_after_the_neighbors_of_known_items() -> None:
    rows, interactions = catalog(cold=1)
    told, _ = kinds(KNOWN + 1, 0)
    found = with_content(rows, FeatureRows.empty(KNOWN + 1), told, interactions)
    columns, values = found.row(KNOWN % GROUPS)
    assert columns[values.argmin()] == KNOWN
    assert KNOWN not in found.row(KNOWN % GROUPS + 1)[0]
    assert dense(found)[:KNOWN, :KNOWN] == pytest.approx(dense(rows)[:KNOWN, :KNOWN])


def test_few_users_of_a_cold_item_count_a_little() -> None:
    _, interactions = catalog(cold=1)
    rows = goes_with({**partners(), KNOWN: [1]}, KNOWN + 1)  # of kind 0, but somebody had it with kind 1
    interactions[KNOWN] = 3
    told, _ = kinds(KNOWN + 1, 0)
    columns, values = with_content(rows, FeatureRows.empty(KNOWN + 1), told, interactions).row(KNOWN)
    assert values[columns == 1] == pytest.approx(3 / (3 + content.PRIOR))
    assert set(columns[columns != 1] % GROUPS) == {0}


def test_similarity_needs_attributes_or_texts() -> None:
    assert content.resemblance(FeatureRows.empty(3), None, np.zeros(3, np.int64)) is None


def test_catalog_without_interactions_has_neighbors_by_similarity() -> None:
    told, _ = kinds(12, 0)
    nobody = np.zeros(12, np.int64)
    alike = content.resemblance(FeatureRows.empty(12), told, nobody)
    assert alike is not None
    rows = content.fit(goes_with({}, 12), alike, content.choose(goes_with({}, 12), alike, [], []), nobody)
    assert [rows.row(item)[0].tolist() for item in range(12)] == [[(item + 6) % 12] for item in range(12)]


def test_given_discount_is_used(shop) -> None:
    given = Config("aws-sims", {}, given={"popularity_discount_factor": "1.0"}).with_hyperparameters(
        {"popularity_discount_factor": "1.0"}
    )
    recipe = SimilarPipeline(given, None, StopSignal())
    recipe.tune(shop)
    assert recipe.fit(shop).metadata["weighing"]["power"] == 1.0
    chosen = SimilarPipeline(Config("aws-sims", {}), None, StopSignal())
    chosen.tune(shop)
    assert chosen.weighing.power in similar.POWERS


def test_power_is_reported_as_the_discount_that_gives_it() -> None:
    for one in (0.0, 0.4, 1.0):
        assert similar.discount(similar.power(one)) == pytest.approx(one)
    assert similar.discount(0.15) == 0.0  # less than anybody can ask for
