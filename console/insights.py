"""Distributions of data as charts and bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from console.api import Api
from console.resources import Endpoint


def insights(api: Api, known: Sequence[Endpoint]) -> Mapping[str, Any]:
    """The distributions of the data of the newest active model; {} without one, or without permission."""
    active = next((one for one in known if one.active), None)
    if active is None:
        return {}
    try:
        found = api.own("GetDataInsights", **{active.member: active.arn})["insights"]
    except ClientError:
        return {}
    return {
        **found,
        "model": active,
        "time_chart": _time_chart(found["eventsOverTime"]),
        "popularity_chart": _popularity_chart(found["popularity"]),
        "lengths": _lengths(found["historyLengths"]),
    }


def _time_chart(bins: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    if len(bins) < 2:
        return None
    values = [one["events"] for one in bins]
    times = [one["start"].timestamp() for one in bins]
    line = {"label": "Events", "color": "--bar", "values": values}
    return {"label": "Time", "time": True, "x": times, "lines": [line]}


def _popularity_chart(points: Sequence[Mapping[str, float]]) -> dict[str, Any] | None:
    """The curve, beside that of items that are all equally popular."""
    if len(points) < 3:
        return None
    items = [100 * point["itemShare"] for point in points]
    return {
        "label": "% of the items",
        "time": False,
        "x": items,
        "lines": [
            {"label": "% of their users", "color": "--bar", "values": [100 * one["share"] for one in points]},
            {"label": "If all were equally popular", "color": "--bar-soft", "dash": True, "values": items},
        ],
    }


def _lengths(groups: Sequence[Mapping[str, int]]) -> list[dict[str, Any]]:
    """Groups of users with words: 3 to 5 events."""
    found, low = [], 1
    for number, group in enumerate(groups):
        high, last = group["atMost"], number == len(groups) - 1
        words = str(high) if low == high else f"{low} and more" if last else f"{low} to {high}"
        found.append({"words": words, "users": group["users"]})
        low = high + 1
    return found
