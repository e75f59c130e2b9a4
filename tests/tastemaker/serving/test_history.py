"""Imported and streamed events are merged."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.ids import Ids
from tastemaker.models.bundle import HISTORY_LENGTH, Bundle, Histories
from tastemaker.serving.history import LiveEvent, past

ITEMS = ["a", "b", "c", "d"]
U, UNKNOWN = 1, -1
"""Users by position: one with a history, and one that the bundle does not know."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return made(tmp_path_factory.mktemp("bundle"))


def made(path: Path) -> Bundle:
    """User u saw a at 10 and b at 20, and bought c at 30."""
    Ids.build(ITEMS).save(path, "items")
    Ids.build(["t", "u"]).save(path, "users")
    items, times, types = np.array([0, 1, 2], np.int32), np.array([10, 20, 30]), np.array([0, 0, 1], np.int16)
    Histories(np.array([0, 0, 3]), items, times, types).save(path)
    return Bundle(path, {"eventTypes": ["view", "buy"]})


def event(item: str | None, time: int, kind: str = "view", name: str = "") -> LiveEvent:
    return LiveEvent(name or f"{item}{time}{kind}", item, kind, time)


def seen(bundle: Bundle, *live: LiveEvent, user: int = U) -> list[tuple[Any, ...]]:
    history = past(bundle, user, live).history
    return [
        (ITEMS[item], int(time), int(kind))
        for item, time, kind in zip(history.items, history.timestamps, history.event_types, strict=True)
    ]


BULK = [("a", 10, 0), ("b", 20, 0), ("c", 30, 1)]


def test_live_events_are_sorted_by_time(bundle: Bundle) -> None:
    assert seen(bundle, event("d", 40), event("d", 15, "buy")) == [
        ("a", 10, 0), ("d", 15, 1), ("b", 20, 0), ("c", 30, 1), ("d", 40, 0)
    ]  # fmt: skip


def test_event_of_the_training_data_counts_once(bundle: Bundle) -> None:
    assert seen(bundle, event("b", 20), event("c", 30, "BUY")) == BULK
    assert len(seen(bundle, event("b", 20, "buy"), event("b", 21))) == 5


def test_oldest_of_events_with_one_id_counts(bundle: Bundle) -> None:
    assert seen(bundle, event("d", 50, name="x"), event("a", 40, name="x")) == [*BULK, ("a", 40, 0)]


def test_events_without_a_known_item_are_left_out(bundle: Bundle) -> None:
    assert seen(bundle, event("zzz", 40), event(None, 41)) == BULK


def test_unknown_event_types_are_named_for_filters_and_minus_one_for_models(bundle: Bundle) -> None:
    live = [event("d", 40, "share"), event("a", 41, "save")]
    assert seen(bundle, *live)[-2:] == [("d", 40, -1), ("a", 41, -1)]
    by_type = {name: items.tolist() for name, items in past(bundle, U, live).by_type.items()}
    assert by_type == {"view": [0, 1], "buy": [2], "share": [3], "save": [0]}


def rated(path: Path, *, least: list[tuple[int, float]]) -> Bundle:
    """User u gave a a low rating, b a high one, and has c without a type."""
    Ids.build(ITEMS).save(path, "items")
    Ids.build(["t", "u"]).save(path, "users")
    items, types = np.array([0, 1, 2], np.int32), np.array([1, 0, -1], np.int16)
    Histories(np.array([0, 0, 3]), items, np.array([10, 20, 30]), types).save(path)
    return Bundle(path, {"eventTypes": ["rating"], "leastEventValues": least})


def test_events_below_a_threshold_keep_their_name_for_filters_and_are_not_trained(tmp_path: Path) -> None:
    bundle = rated(tmp_path, least=[(0, 4.0)])
    trained = bundle.event_types.trained([True], False)
    live = [
        LiveEvent("e1", "d", "Rating", 40, 3.5),
        LiveEvent("e2", "c", "rating", 41, 4.0),
        LiveEvent("e3", "a", "rating", 42),
        LiveEvent("e4", "a", "rating", 10, 1.0),  # the model was trained with it
    ]
    found = past(bundle, U, live)
    assert [ITEMS[item] for item in found.history.items[trained[found.history.event_types]]] == ["b", "c"]
    by_type = {name: [ITEMS[item] for item in items] for name, items in found.by_type.items()}
    assert by_type == {"rating": ["a", "b", "d", "c", "a"], "": ["c"]}


def test_threshold_of_all_types_holds_for_types_that_training_did_not_see(tmp_path: Path) -> None:
    bundle = rated(tmp_path, least=[(0, 4.0), (-1, 4.0)])
    trained = bundle.event_types.trained([True], True)
    live = [LiveEvent("e1", "d", "star", 40, 1.0), LiveEvent("e2", "a", "star", 41, 5.0)]
    found = past(bundle, U, live)
    assert [ITEMS[item] for item in found.history.items[trained[found.history.event_types]]] == [
        "b",
        "c",
        "a",
    ]
    assert [ITEMS[item] for item in found.by_type["star"]] == ["d", "a"]


def test_unknown_user_has_only_live_events(bundle: Bundle) -> None:
    assert seen(bundle, user=UNKNOWN) == []
    assert seen(bundle, event("a", 5), user=UNKNOWN) == [("a", 5, 0)]
    assert past(bundle, UNKNOWN).by_type == {}


def test_histories_are_limited_to_the_newest_events(bundle: Bundle) -> None:
    live = [event("d", 100 + n) for n in range(HISTORY_LENGTH + 100)]
    whole = past(bundle, U, live)
    assert len(whole.history) == HISTORY_LENGTH
    assert whole.history.timestamps[-1] == HISTORY_LENGTH + 199
    assert len(whole.by_type["view"]) == 100


EVENTS = st.lists(
    st.builds(
        event,
        st.sampled_from([*ITEMS, "unknown"]),
        st.integers(0, 60),
        st.sampled_from(["view", "buy", "like"]),
    ),
    max_size=12,
)


@given(events=EVENTS, data=st.data())
def test_delivery_order_and_repetition_do_not_matter(
    bundle: Bundle, events: list[LiveEvent], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=6)) if events else []
    arrived = data.draw(st.permutations([*events, *again]))
    assert seen(bundle, *arrived) == seen(bundle, *events)


@given(events=EVENTS)
def test_past_is_sorted_by_time_without_duplicates(bundle: Bundle, events: list[LiveEvent]) -> None:
    found = past(bundle, U, events)
    assert np.all(np.diff(found.timestamps) >= 0)
    triples = list(zip(found.items.tolist(), found.timestamps.tolist(), found.types.tolist(), strict=True))
    assert len(set(triples)) == len(triples)
