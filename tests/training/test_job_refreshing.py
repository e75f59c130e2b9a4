"""A refreshed bundle of a trained model has new items and newer counts, and nothing else changes."""

import json
import shutil

import numpy as np
import pytest

from tastemaker.ids import save_array
from tastemaker.models import Bundle, load
from tastemaker.models.topk import top_k
from tastemaker.refreshing.assembling import assemble
from tastemaker.refreshing.tally import Event, Tally
from tastemaker.refreshing.writing import vectors_of_new_items, write
from tests.training import lake

NOW = lake.START + 400 * 86_400


def refreshed(bundle: Bundle, folder, put, events=(), window: int = 0) -> Bundle:
    tally = Tally(window)
    tally.add(events, now=NOW)
    write(folder / "refresh", bundle, put, tally, NOW)
    assemble(bundle.path, folder / "refresh", folder / "bundle")
    return Bundle.open(folder / "bundle")


def view(number: int, item: str, at: int = NOW) -> Event:
    return Event(str(number), item, "view", at)


def test_refresh_gives_put_items_a_vector_from_their_attributes(trained, tmp_path) -> None:
    base = trained("aws-user-personalization")
    (unseen,) = np.flatnonzero(base.item_users == 0)  # training gave it the vector of its attributes
    record, size = base.item_columns.record(int(unseen)), len(base.items)
    bundle = refreshed(
        base, tmp_path, {"twin": (record, NOW - 60.0), "an unknown item": ({}, NOW), "i03": ({}, NOW)}
    )
    assert bundle.items.tolist() == [*base.items, "an unknown item", "twin"]
    assert bundle.item_columns.record(size + 1) == record
    assert bundle.item_created[size:].tolist() == [NOW, NOW - 60]
    before, after = load(base), load(bundle)
    assert after.item_vectors[size + 1] == pytest.approx(before.item_vectors[unseen], abs=1e-6)
    assert after.item_vectors[size + 1].any() and not after.item_vectors[size].any()
    history = base.history("u001")
    first, second = (model.score_user(history, now=NOW) for model in (before, after))
    assert len(second) == size + 2 and np.isfinite(second).all()
    assert top_k(second[:size], 3).tolist() == top_k(first, 3).tolist()


def test_refreshed_histories_include_events_on_new_items(trained, tmp_path) -> None:
    bundle = refreshed(trained("aws-user-personalization"), tmp_path, {}, [view(1, "new")])
    history = bundle.history("u001")
    extended = type(history)(
        np.append(history.items, np.int32(bundle.items.index("new"))),
        np.append(history.timestamps, NOW),
        np.append(history.event_types, np.int16(0)),
    )
    assert np.isfinite(load(bundle).score_user(extended, now=NOW)).all()


def test_refreshed_counts_change_exploration(trained, tmp_path) -> None:
    base = trained("aws-user-personalization")
    events = [Event(f"s{n}", None, "view", NOW, "i01|new") for n in range(40)]
    bundle = refreshed(base, tmp_path, {"new": ({}, NOW - 60.0)}, [*events, view(1, "i01")])
    new = bundle.items.index("new")
    assert bundle.item_shown is not None
    assert bundle.item_shown[[1, 2, new]].tolist() == [40, 0, 40]
    assert bundle.item_taken[1] == base.item_users[1] + 1 and bundle.item_taken[new] == 0
    assert bundle.manifest["latestTimestamp"] == NOW
    assert bundle.manifest["counts"]["items"] == len(bundle.items) == len(base.items) + 1


@pytest.mark.parametrize("item", ["i05", "brand-new"])
def test_refreshed_trends_include_new_items(trained, tmp_path, item) -> None:
    events = [view(n, item, NOW - n) for n in range(9)] + [view(20, "i02"), view(21, "i02", NOW - 9000)]
    bundle = refreshed(trained("aws-vod-trending-now"), tmp_path, {}, events, 7200)
    scores = load(bundle).score_user(bundle.history("nobody"), now=NOW)
    assert bundle.items[int(np.argmax(scores))] == item


def test_refresh_without_news_gives_the_same_bundle(trained, tmp_path) -> None:
    base = trained("aws-user-personalization")
    bundle = refreshed(base, tmp_path, {})
    history = base.history("u002")
    scores = [load(one).score_user(history, now=NOW).tolist() for one in (base, bundle)]
    assert scores[0] == scores[1] and bundle.items.tolist() == base.items.tolist()


@pytest.mark.parametrize(("more", "share"), [({}, 0.25), ({"ages": {}}, 0.5)])
def test_new_item_is_worth_an_average_one_if_ages_are_known(trained, tmp_path, more, share) -> None:
    """Otherwise, its bias is that of an item that is rarely used."""
    folder = tmp_path / "base"
    shutil.copytree(trained("aws-user-personalization").path, folder)
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["model"] |= more
    (folder / "bundle.json").write_text(json.dumps(manifest))
    bundle = Bundle.open(folder)
    used = np.load(folder / "model" / "item_bias.npy")[bundle.item_users > 0]
    _, bias = vectors_of_new_items(bundle, [{}])
    assert bias == pytest.approx(np.quantile(used, share)) and np.ptp(used) > 0


def turning_over(base: Bundle, folder) -> Bundle:
    """A copy of a bundle whose items were all active when the shop opened, and that turns over."""
    shutil.copytree(base.path, folder)
    save_array(folder / "item_activity.npy", np.full((2, len(base.items)), lake.START, np.int64))
    manifest = json.loads((folder / "bundle.json").read_text())
    turnover = {"life": 86_400, "pause": 3_600}
    (folder / "bundle.json").write_text(json.dumps({**manifest, "turnover": turnover}))
    return Bundle.open(folder)


def test_refresh_says_when_items_of_a_catalog_that_turns_over_were_last_active(trained, tmp_path) -> None:
    base = trained("aws-user-personalization")
    events = [view(1, "i03", NOW - 30), view(2, "i04", NOW - 5 * 86_400), view(3, "seen", NOW - 9)]
    bundle = refreshed(turning_over(base, tmp_path / "base"), tmp_path, {"put": ({}, NOW - 60.0)}, events)
    assert bundle.activity is not None and bundle.live_items is not None
    names = ("i03", "i04", "seen", "put", "i05")
    last = {name: int(bundle.activity.last[bundle.items.index(name)]) for name in names}
    assert last == {
        "i03": NOW - 30, "i04": NOW - 5 * 86_400, "seen": NOW - 9, "put": NOW - 60, "i05": lake.START
    }  # fmt: skip
    assert [name for name in names if bundle.live_items[bundle.items.index(name)]] == ["i03", "seen", "put"]


def test_put_item_with_an_old_creation_is_live_in_a_catalog_that_turns_over(trained, tmp_path) -> None:
    base = turning_over(trained("aws-user-personalization"), tmp_path / "base")
    put = {"of-1994": 770_000_000, "zero": 0, "true": NOW - 60}
    upserts = {item: ({"CREATION_TIMESTAMP": created}, NOW - 30.0) for item, created in put.items()}
    events = [view(n, f"i{n:02}", NOW - n) for n in range(10)]
    bundle = refreshed(base, tmp_path, upserts, events)
    assert bundle.activity is not None and bundle.live_items is not None
    new = [bundle.items.index(item) for item in put]
    assert bundle.live_items[new].all() and not bundle.live_items[bundle.items.index("i15")]
    assert (bundle.activity.last[new] >= NOW - 60).all()
    assert bundle.activity.born[new[0]] == 770_000_000 and bundle.activity.born[new[1]] >= NOW - 60


def test_put_items_without_events_make_no_other_item_idle(trained, tmp_path) -> None:
    base = turning_over(trained("aws-user-personalization"), tmp_path / "base")
    upserts = {f"new{n}": ({"CREATION_TIMESTAMP": NOW + 90 * 86_400}, NOW - 30.0) for n in range(60)}
    bundle = refreshed(base, tmp_path, upserts, [view(1, "i03")])
    assert bundle.live_items is not None and bundle.live_items.all()
