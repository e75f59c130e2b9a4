"""Parquet in the lake becomes arrays: order, duplicates, sessions, event rules, minimums, attributes."""

import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training import lake
from training.config_reader import parse_config, read_config
from training.data.parquet import join_sessions
from training.data.prepare import prepare
from training.errors import BadConfigError, BadDataError, NotEnoughDataError


def prepared(root, events=None, **config):
    return prepare(read_config(lake.build(root, events, **config)), root)


def names(data, user: str) -> list[str]:
    history = data.sequences.history(data.users.index(user))
    return [data.items[i] for i in history.items]


def event(item: str, at: int, **members) -> dict:
    return {"itemId": item, "sentAt": lake.START + at, "eventType": "buy", "sessionId": "s0"} | members


def test_events_are_ordered_by_time_across_files(tmp_path) -> None:
    events = [event("i05", 5, userId="u000"), event("i06", 61, userId="u000")]
    found = names(prepared(tmp_path, events), "u000")
    walked = [lake.item(n) for n in lake.walk(0)]
    assert found == [walked[0], "i05", walked[1], "i06", *walked[2:]]


def test_files_with_only_users_items_and_times_are_read(tmp_path) -> None:
    path = lake.build(tmp_path)
    for file in (tmp_path / "groups").rglob("*.parquet"):
        if "interactions" in str(file).lower():
            pq.write_table(pq.read_table(file, columns=["USER_ID", "ITEM_ID", "TIMESTAMP"]), file)
    data = prepare(read_config(path), tmp_path)
    assert len(data.sequences.items) == lake.USERS * 20
    assert data.event_types == []


def test_exact_duplicates_count_once_and_similar_events_stay(tmp_path) -> None:
    first = lake.item(lake.walk(0)[0])
    events = [
        event(first, 0, userId="u000", eventType="view"),  # the file's own first event again
        event(first, 0, userId="u000", eventType="buy"),
        event(first, 0, userId="u000", eventType="buy"),
    ]
    assert names(prepared(tmp_path, events), "u000")[:3] == [first, first, lake.item(lake.walk(0)[1])]


def test_later_event_with_the_same_id_of_the_same_user_does_not_count(tmp_path) -> None:
    events = [
        event("i06", 90, userId="u000", eventId="1"),
        event("i05", 5, userId="u000", eventId="1"),  # older, so this one counts
        event("i07", 7, userId=None, sessionId="s1", eventId="2"),
        event("i08", 9, userId="u000", sessionId="s1", eventId="2"),  # the same user after login
        event("i09", 5, userId="u001", eventId="1"),  # ids are a user's own
    ]
    data = prepared(tmp_path, events)
    streamed = ["i05", "i07"]
    walked = [lake.item(n) for n in lake.walk(0)]
    assert names(data, "u000") == [walked[0], *streamed, *walked[1:]]
    assert "i09" in names(data, "u001")[:2]
    assert data.duplicates == 2


def test_session_events_belong_to_the_user_of_the_session(tmp_path) -> None:
    events = [
        event("i01", 9_000, sessionId="s1"),
        event("i02", 9_060, sessionId="s1", userId="new"),
        event("i03", 9_120, sessionId="s1"),
        event("i04", 9_180, sessionId="never tied"),
    ]
    data = prepared(tmp_path, events)
    assert names(data, "new") == ["i01", "i02", "i03"]
    assert "never tied" not in data.users
    assert len(data.sequences.items) == lake.USERS * 20 + 3


def test_newest_user_of_a_session_counts() -> None:
    users = join_sessions(["a", "b", None], ["s", "s", "s"], np.array([1, 2, 0]))
    assert users == ["a", "b", "b"]


@given(st.data())
def test_session_may_name_its_user_in_any_event(data: st.DataObject) -> None:
    owners = data.draw(st.dictionaries(st.sampled_from("wxyz"), st.sampled_from(["ann", "bob", None])))
    sessions = data.draw(st.lists(st.sampled_from(sorted(owners)), max_size=12)) if owners else []
    times = np.array(data.draw(st.lists(st.integers(0, 50), min_size=len(sessions), max_size=len(sessions))))
    known = [data.draw(st.booleans()) for _ in sessions]
    users = [owners[one] if said else None for one, said in zip(sessions, known, strict=True)]
    revealed = {one for one, user in zip(sessions, users, strict=True) if user}
    expected = [owners[one] if one in revealed else None for one in sessions]
    assert join_sessions(users, sessions, times) == expected


def test_events_without_an_item_are_left_out(tmp_path) -> None:
    data = prepared(tmp_path, [event(None, 9_000, userId="u000")])  # type: ignore[arg-type]
    assert len(data.sequences.items) == lake.USERS * 20


def test_single_trained_event_type_leaves_all_types_in_histories(tmp_path) -> None:
    data = prepared(tmp_path, eventType="BUY")
    assert len(data.sequences.items) == lake.USERS * 19
    assert data.trained_types == [True, False]
    assert not data.unknown_types
    assert len(data.histories.of(0)) == 20


@pytest.mark.parametrize("recipe, kept", [("aws-item-affinity", 620), ("aws-user-personalization-v2", 500)])
def test_segments_keep_older_events_than_other_recipes(tmp_path, recipe: str, kept: int) -> None:
    data = prepared(tmp_path, [event("i01", 9_000 + n, userId="u000") for n in range(600)], recipe=recipe)
    assert len(data.histories.of(data.users.index("u000"))) == kept


def test_value_threshold_excludes_lower_and_missing_values(tmp_path) -> None:
    data = prepared(tmp_path, solutionConfig={"eventType": "buy", "eventValueThreshold": "3"})
    assert len(data.sequences.items) == lake.USERS * 17


def test_value_threshold_without_an_event_type_holds_for_all_types(tmp_path) -> None:
    data = prepared(tmp_path, solutionConfig={"eventValueThreshold": "3"})
    assert len(data.sequences.items) == lake.USERS * 17  # views have no value
    assert data.unknown_types and all(data.trained_types)


def test_events_below_the_threshold_stay_in_histories_and_are_told_from_trained_ones(tmp_path) -> None:
    data = prepared(tmp_path, solutionConfig={"eventType": "buy", "eventValueThreshold": "3"})
    numbers = data.histories.event_types
    assert len(numbers) == lake.USERS * 20
    assert np.count_nonzero(data.trained[numbers]) == len(data.sequences.items)
    assert data.least_values == [(data.event_types.index("buy"), 3.0)]
    every = prepared(tmp_path / "again", solutionConfig={"eventValueThreshold": "3"})
    assert np.count_nonzero(every.trained[every.histories.event_types]) == len(every.sequences.items)
    assert [number for number, _ in every.least_values] == [0, 1, -1]


def test_event_weights_keep_their_ratio_and_average_one(tmp_path) -> None:
    rules = [{"eventType": "view", "weight": 0.2}, {"eventType": "buy", "weight": 0.6}]
    data = prepared(tmp_path, solutionConfig={"eventsConfig": {"eventParametersList": rules}})
    weights, types = data.sequences.weights, data.sequences.types
    assert weights[types == 0][0] / weights[types == 1][0] == pytest.approx(3.0)
    assert weights.mean() == pytest.approx(1.0)


def test_too_few_interactions_are_refused_in_the_services_words(tmp_path) -> None:
    with pytest.raises(
        NotEnoughDataError, match="fewer than 1000 interactions after filtering by event type: view"
    ):
        prepared(tmp_path, eventType="view")


def test_threshold_that_leaves_too_few_interactions_is_named(tmp_path) -> None:
    with pytest.raises(NotEnoughDataError) as caught:
        prepared(tmp_path, solutionConfig={"eventType": "buy", "eventValueThreshold": "99.5"})
    assert str(caught.value).endswith(
        "Events without EVENT_VALUE, or with a lower one than this, do not count: buy 99.5."
    )


def test_too_few_users_are_refused_in_the_services_words(tmp_path) -> None:
    with pytest.raises(NotEnoughDataError, match="fewer than 100 users with at least 2 interactions each"):
        prepared(tmp_path, quotas={"minimumUsers": 100})


def test_misspelled_event_type_is_refused_with_the_types_that_the_data_have(tmp_path) -> None:
    views = [event(lake.item(n), n, userId=f"u{n % 9:03}", eventType="View") for n in range(3)]
    with pytest.raises(NotEnoughDataError, match=r"event type: Wiew\. There are 0: .*") as caught:
        prepared(tmp_path, views, eventType="Wiew")
    assert re.search(r"The data have the event types (\w+ [\d,]+, )*View 3", str(caught.value))


def test_limits_keep_the_newest_interactions(tmp_path) -> None:
    data = prepared(tmp_path, quotas={"maximumInteractions": 1100})
    assert len(data.sequences.items) == 1100
    assert data.sequences.times.min() > lake.START


def test_attributes_are_encoded_by_column_type(tmp_path) -> None:
    data = prepared(tmp_path)
    assert [column.name for column in data.item_space.columns] == [
        "GENRE",
        "PRICE",
    ]  # no booleans, no plain text
    assert data.item_space.columns[0].values == ("all", "even", "odd")
    codes, weights = data.item_features.row(4)
    assert codes.tolist()[:2] == [1, 0] and weights.tolist() == [0.5, 0.5, 1.0]
    assert [column.name for column in data.user_space.columns] == ["AGE", "PLAN"]
    assert [column.name for column in data.context_space.columns] == ["DEVICE"]
    assert set(np.unique(data.sequences.context)) == {0, 1}


def test_excluded_column_is_kept_but_not_trained_on(tmp_path) -> None:
    excluded = {"ITEMS": ["PRICE"], "INTERACTIONS": ["DEVICE"]}
    data = prepared(tmp_path, solutionConfig={"trainingDataConfig": {"excludedDatasetColumns": excluded}})
    assert [column.name for column in data.item_space.columns] == ["GENRE"]
    assert "PRICE" in data.item_columns
    assert data.context_space.size == 0


def test_streamed_events_get_context_from_their_properties(tmp_path) -> None:
    events = [event("i01", 9_000, userId="new", properties='{"device": "watch"}')]
    data = prepared(tmp_path, events)
    assert data.context_space.columns[0].values == ("phone", "watch", "web")


def test_item_imported_twice_has_its_newest_attributes(tmp_path) -> None:
    path = lake.build(tmp_path)
    newer = lake.items().slice(0, 1).set_column(2, "PRICE", pa.array([99.0]))
    lake.put(tmp_path, "groups/shop/datasets/ITEMS/run/", newer)
    assert prepare(read_config(path), tmp_path).item_columns["PRICE"].value(0) == 99.0


def test_item_without_creation_time_is_as_old_as_its_first_interaction(tmp_path) -> None:
    data = prepared(tmp_path)
    first = data.sequences.items == 3
    assert data.item_created[3] == data.sequences.times[first].min()
    assert data.item_created[lake.ITEMS] == data.latest  # nobody bought it: it is new


def test_column_without_numbers_is_named_in_the_error(tmp_path) -> None:
    path = lake.build(tmp_path)
    bad = lake.interactions(1).set_column(2, "TIMESTAMP", pa.array(["yesterday"] * 20))
    lake.put(tmp_path, "groups/shop/datasets/INTERACTIONS/run/", bad)
    with pytest.raises(BadDataError, match="TIMESTAMP"):
        prepare(read_config(path), tmp_path)


@pytest.mark.parametrize(
    "broken",
    [{"formatVersion": 2}, {"formatVersion": 1}, {"formatVersion": 1, "datasets": {"INTERACTIONS": {}}}],
)
def test_broken_configuration_is_refused(broken: dict) -> None:
    with pytest.raises(BadConfigError):
        parse_config(broken)


def put_items(root, rows: list, imported: list[float] | None = None):
    """Prepared data of the shop with items put one at a time: (id, properties, time)."""
    path = lake.build(root)
    document = json.loads(path.read_text())
    (root / "put.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    document["datasets"]["ITEMS"] |= {"put": "put.jsonl"}
    if imported:
        document["datasets"]["ITEMS"]["imported"] = imported
    path.write_text(json.dumps(document))
    return prepare(read_config(path), root)


def test_put_items_join_the_imported_ones(tmp_path) -> None:
    data = put_items(tmp_path, [["new", {"GENRE": "odd", "PRICE": 3, "IN_STOCK": True, "TITLE": "x"}, 5.0]])
    row = data.item_columns.record(data.items.index("new"))
    assert row == {"GENRE": "odd", "PRICE": 3.0, "IN_STOCK": True, "TITLE": "x"}
    assert data.item_columns["PRICE"].value(data.items.index("i03")) == 3.0


@pytest.mark.parametrize(("imported", "price"), [(50.0, 99.0), (150.0, 3.0)])
def test_last_written_of_an_imported_and_put_item_counts(tmp_path, imported, price) -> None:
    row = ["i03", {"PRICE": 99.0, "IN_STOCK": True, "TITLE": "x"}, 100.0]
    data = put_items(tmp_path, [row], imported=[imported])
    item = data.items.index("i03")
    assert data.item_columns["PRICE"].value(item) == price
    assert (data.item_columns["GENRE"].value(item) is None) == (price == 99.0)  # the whole record goes
