from typing import Any

import numpy as np

from tastemaker.extensions.get_data_insights import _curve, _histogram, _over_time, get_data_insights
from tests.tastemaker.serving.films import PREFIX, Cinema


def insights(cinema: Cinema) -> dict[str, Any]:
    found: dict[str, Any] = get_data_insights(cinema.runtime, {"campaignArn": f"{PREFIX}campaign/v1"})
    members: dict[str, Any] = found["insights"]
    return members


def test_events_are_counted_by_user_time_and_type(cinema: Cinema) -> None:
    found = insights(cinema)
    assert [one for one in found["historyLengths"] if one["users"]] == [{"atMost": 2, "users": 1}]
    assert found["eventTypes"] == [{"value": "view", "count": 1}, {"value": "buy", "count": 1}]
    assert sum(one["events"] for one in found["eventsOverTime"]) == 2
    assert found["eventsOverTime"][0]["start"] == 10


def test_columns_have_their_frequent_values_or_their_spread(cinema: Cinema) -> None:
    columns = {(one["dataset"], one["column"]): one for one in insights(cinema)["columns"]}
    genres = columns["ITEMS", "GENRES"]
    assert (genres["known"], genres["distinct"]) == (4, 4)
    assert genres["values"][0] == {"value": "space", "count": 2}
    assert "values" not in columns["ITEMS", "TITLE"]
    assert sum(one["count"] for one in columns["ITEMS", "PRICE"]["histogram"]) == 5
    assert columns["USERS", "AGE"]["known"] == 2


def test_popularity_is_the_share_of_the_most_popular_items() -> None:
    curve = _curve(np.array([1, 1, 8, 0]))
    assert curve[0] == {"itemShare": 0.0, "share": 0.0}
    assert {"itemShare": 0.25, "share": 0.8} in curve
    assert curve[-1] == {"itemShare": 1.0, "share": 1.0}
    assert _curve(np.zeros(3)) == []


def test_numbers_beyond_the_outermost_hundredths_do_not_hide_the_rest() -> None:
    numbers = np.concatenate([np.arange(1_000.0), [1e9]])
    spans = _histogram(numbers)
    assert float(spans[-1]["to"]) < 1_000 and sum(one["count"] for one in spans) == 1_001
    assert _histogram(np.array([3.0, 3.0])) == [{"from": "3", "to": "3", "count": 2}]
    assert _histogram(np.array([])) == []


def test_events_of_one_moment_are_one_span() -> None:
    assert _over_time(np.array([5, 5])) == [{"start": 5, "events": 2}]
    assert _over_time(np.array([], np.int64)) == []
