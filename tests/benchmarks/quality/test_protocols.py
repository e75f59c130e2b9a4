"""Protocols hold out what they say, and figures agree with numbers worked out by hand."""

import numpy as np
import pytest

from benchmarks.quality.protocols import PROTOCOLS, Protocol, lists_of, quality
from tests.training import lake
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.data.split import Cases


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A small shop's data, prepared."""
    root = tmp_path_factory.mktemp("lake")
    return prepare(read_config(lake.build(root)), root)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_held_out_events_are_not_trained_on(name: str, shop: Prepared) -> None:
    held = PROTOCOLS[name](shop, 0)
    shown, trained = held.cases.shown, held.training.sequences.lengths[held.cases.users]
    assert (trained <= shown).all()
    assert (shown < shop.sequences.lengths[held.cases.users]).all()


def test_truth_is_the_next_items_once_each(shop: Prepared) -> None:
    held = PROTOCOLS["leave-one-out"](shop, 0)
    user = int(held.cases.users[3])
    assert held.truth(3).tolist() == [shop.sequences.history(user).items[-1]]


def test_quality_of_one_hit_in_second_place(shop: Prepared) -> None:
    held = _first_case(PROTOCOLS["leave-one-out"](shop, 0))
    other = (held.truth(0)[0] + 1) % len(shop.items)
    found = quality(held, [np.array([other, held.truth(0)[0]])])
    assert found.ndcg == pytest.approx(1 / np.log2(3))
    assert (found.recall, found.hit_rate) == (1.0, 1.0)
    assert found.coverage == pytest.approx(2 / len(shop.items))


def test_seen_items_are_listed_only_if_the_protocol_allows(shop: Prepared) -> None:
    held = _first_case(PROTOCOLS["leave-one-out"](shop, 0))
    mine = shop.sequences.history(int(held.cases.users[0]), int(held.cases.shown[0])).items
    scores = np.zeros(len(shop.items), np.float32)
    scores[mine] = 1.0
    assert not np.isin(lists_of(held, lambda user, shown: scores)[0], mine).any()
    seen = Protocol(held.whole, held.training, held.cases, seen=True)
    assert lists_of(seen, lambda user, shown: scores)[0][0] in mine


def test_sample_has_other_users_for_another_seed_and_the_same_training_data(shop: Prepared) -> None:
    held = PROTOCOLS["leave-one-out"](shop, 0)
    some, others = held.sample(5, 0), held.sample(5, 1)
    assert len(some.cases) == 5
    assert some.cases.users.tolist() != others.cases.users.tolist()
    assert np.isin(some.cases.users, held.cases.users).all()
    assert some.training is held.training
    assert held.sample(0, 0) is held


def _first_case(held: Protocol) -> Protocol:
    return Protocol(held.whole, held.training, Cases(held.cases.users[:1], held.cases.shown[:1]), held.seen)
