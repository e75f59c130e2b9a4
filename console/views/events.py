"""Events: what arrives, where it is, and what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from starlette.responses import Response

from console import stream
from console.measurements import RANGES, measured
from console.page import Page, view
from console.resources import LISTED, Endpoint, endpoints, optional

CHECKED_USERS = 8
"""The users whose profiles a page looks into."""


@view
def events(page: Page) -> Response:
    """The events of a dataset group in the last hour."""
    stage = page.target.deployment["stage"]
    listed = page.api.personalize("ListEventTrackers", datasetGroupArn=page.group_arn)["eventTrackers"]
    calls = [
        partial(page.api.personalize, "DescribeEventTracker", eventTrackerArn=one["eventTrackerArn"])
        for one in listed
    ]
    trackers = [answer["eventTracker"] for answer in page.api.together(*calls)]
    span = page.asked("range") if page.asked("range") in RANGES else "3h"
    figures = None
    if trackers:
        figures = measured(page.api, {"EventTrackerArn": trackers[0]["eventTrackerArn"]}, span)
    arrived = stream.accepted(page.api, stage, page.group)
    bucket = stream.lake_bucket(page.api, stage)
    rows = _rows(page, arrived or [], bucket)
    return page.render(
        "events.html",
        section="events",
        trackers=trackers,
        figures=figures,
        ranges=RANGES,
        span=span,
        has_stream=arrived is not None,
        rows=rows,
        refusals=[*stream.rejected(page.api, bucket), *stream.refused(page.api, stage)],
    )


def _rows(page: Page, arrived: Sequence[stream.Event], bucket: str | None) -> list[dict[str, Any]]:
    """Each event with the name of its item, and whether the profile and the lake have it."""
    if not arrived:
        return []
    delivered = stream.delivered(page.api, bucket, str(arrived[0].data.get("datasetGroup", "")))
    active = [one for one in endpoints(page.api, page.group_arn) if one.active]
    endpoint = next((one for one in active if not one.needs_item), active[0] if active else None)
    profiles = _profiles(page, endpoint, arrived)
    ids = list(dict.fromkeys(one.data["itemId"] for one in arrived if one.data.get("itemId")))[:LISTED]
    items: dict[str, Any] = {}
    if endpoint is not None and ids:
        about = {endpoint.member: endpoint.arn}
        found = optional(page.api, "tastemaker", "FindItems", **about, itemIds=ids)
        items = {one["itemId"]: one["name"] for one in found.get("items", ())}
    return [
        {
            "event": one,
            "name": items.get(one.data.get("itemId", ""), one.data.get("itemId", "")),
            "known": one.data.get("itemId", "") in items,
            "profile": _in_profile(one, profiles),
            "lake": None if delivered is None else delivered > one.arrived,
        }
        for one in arrived
    ]


def _profiles(
    page: Page, endpoint: Endpoint | None, arrived: Sequence[stream.Event]
) -> Mapping[str, set[tuple[str, int]]]:
    """User → the streamed events that the profile has."""
    if endpoint is None:
        return {}
    users = list(dict.fromkeys(one.user for one in arrived))[:CHECKED_USERS]
    about = {endpoint.member: endpoint.arn, "maxResults": LISTED}
    calls = [
        partial(optional, page.api, "tastemaker", "DescribeUser", **about, userId=user) for user in users
    ]
    return {
        user: {
            (event["itemId"], int(event["timestamp"].timestamp()))
            for event in answer.get("events", ())
            if event["streamed"]
        }
        for user, answer in zip(users, page.api.together(*calls), strict=True)
    }


def _in_profile(event: stream.Event, profiles: Mapping[str, set[tuple[str, int]]]) -> bool | None:
    if event.user not in profiles:
        return None
    return (event.data.get("itemId", ""), int(event.data.get("sentAt", 0))) in profiles[event.user]


ROUTES = [("GET", "/groups/{group}/events", events)]
