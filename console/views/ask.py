"""Ask: recommendations for any user or item with reasons, and events that change them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from botocore.exceptions import ClientError
from starlette.responses import Response

from console.answers import Answer, ask_endpoint, changes, differences, quoted
from console.page import Page, view
from console.resources import LISTED, Endpoint, endpoints, optional

HISTORY = 25
SUGGESTED = 12
EVENT_SECONDS = 5.0
"""How long a page waits until an event that it has sent is in the user's profile."""
POLL_SECONDS = 0.15
VIEWER = "me"
"""The user of a recommender that answers for an item and a user, unless another one is given."""
PLACEHOLDER = re.compile(r"\$([A-Za-z][A-Za-z0-9_]*)")
RESERVED = ("USER_ID", "ITEM_ID", "ACTION_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE", "IMPRESSION")
VALUE, CONTEXT = "value.", "context."
"""The prefixes of parameters with values of a filter's placeholders, and with the context."""


@view
def ask(page: Page) -> Response:
    """The page for the parameters of its address."""
    return _page(page)


@view
def send_event(page: Page) -> Response:
    """Send an event of the user, wait until the profile has it, and show the list again with its changes."""
    item, event_type = page.asked("send"), page.asked("event-type")
    known = endpoints(page.api, page.group_arn)
    endpoint = _chosen(known, page.asked("campaign"))
    tracker = _tracker(page)
    user = page.asked("user")
    if endpoint is None or tracker is None or not (user and item):
        return _page(page, known=known)
    count = _event_count(page, endpoint, user)
    try:
        page.api.call(
            "personalize-events",
            "PutEvents",
            trackingId=tracker,
            userId=user,
            sessionId=f"console-{user}"[:256],
            eventList=[_event(page, event_type or "click", item)],
        )
    except ClientError as error:
        return _page(page, known=known, refused=error)
    until = time.monotonic() + EVENT_SECONDS
    while _event_count(page, endpoint, user) == count and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    return _page(page, known=known, sent=(event_type or "click", item))


def _event(page: Page, event_type: str, item: str) -> dict[str, Any]:
    """An event of now, with the context that the address has."""
    event = {"eventType": event_type, "itemId": item, "sentAt": int(time.time())}
    context = {
        name.removeprefix(CONTEXT): value
        for name, value in page.request.query_params.items()
        if name.startswith(CONTEXT) and value
    }
    return {**event, "properties": json.dumps(context)} if context else event


@view
def suggestions(page: Page) -> Response:
    """Users or items whose name has a text, as options of an input."""
    endpoint = _chosen(endpoints(page.api, page.group_arn), page.asked("campaign"))
    found: list[tuple[str, str]] = []
    text = page.asked("user") or page.asked("item")
    if endpoint is not None and text:
        about = {endpoint.member: endpoint.arn, "text": text[:100], "maxResults": SUGGESTED}
        if page.asked("item"):
            found = [(one["itemId"], one["name"]) for one in page.api.own("FindItems", **about)["items"]]
        else:
            users = page.api.own("FindUsers", **about)["users"]
            found = [(one["userId"], f"{one['eventCount']} events") for one in users]
    return page.render("options.html", options=found)


def _page(
    page: Page,
    *,
    known: Sequence[Endpoint] | None = None,
    sent: tuple[str, str] | None = None,
    refused: ClientError | None = None,
) -> Response:
    known = endpoints(page.api, page.group_arn) if known is None else known
    endpoint = _chosen(known, page.asked("campaign"))
    if endpoint is None:
        return page.render("ask_empty.html", section="ask", endpoints=known)
    filters, controls = _controls(page)
    controls["viewer"] = page.asked("user") or VIEWER
    other = next((one for one in known if one.active and one.name == page.asked("compare")), None)
    subject = page.asked("item") if endpoint.needs_item else page.asked("user")
    context: dict[str, Any] = {
        "endpoints": [one for one in known if one.active],
        "endpoint": endpoint,
        "other": other,
        "filters": filters,
        **controls,
        "subject": subject,
        "sent": sent,
        "refused": refused and refused.response["Error"]["Message"],
    }
    if not subject:
        return page.render("ask.html", section="ask", suggested=_suggested(page, endpoint), **context)
    answered = _answered(page, [endpoint] if other is None else [endpoint, other], subject, controls)
    before = page.form.get("before", "").split("\n") if sent else []
    first = answered["answers"][0]
    return page.render(
        "ask.html",
        section="ask",
        suggested=None,
        changes=changes(before, first.ids) if before and first.ids else None,
        **context,
        **answered,
        **_sending(page, endpoint),
    )


def _chosen(known: Sequence[Endpoint], name: str) -> Endpoint | None:
    """The endpoint of a name, else the one that people want to see first: it knows users."""
    active = [one for one in known if one.active]
    named = next((one for one in active if one.name == name), None)
    order = sorted(active, key=lambda one: (one.needs_item, one.ranks, "personal" not in one.recipe))
    return named or (order[0] if order else None)


def _controls(page: Page) -> tuple[list[Mapping[str, Any]], dict[str, Any]]:
    """The filters of the group, and what the address says of filter, promotion and context."""
    listed, datasets = page.api.together(
        lambda: page.api.personalize("ListFilters", datasetGroupArn=page.group_arn, maxResults=LISTED),
        lambda: page.api.personalize("ListDatasets", datasetGroupArn=page.group_arn),
    )
    filters = [one for one in listed["Filters"] if one["status"] == "ACTIVE"]
    arns = {one["name"]: one["filterArn"] for one in filters}
    filter_arn, promoted = arns.get(page.asked("filter")), arns.get(page.asked("promotion"))
    wanted = [arn for arn in (filter_arn, promoted) if arn]
    expressions = page.api.together(
        *(partial(page.api.personalize, "DescribeFilter", filterArn=arn) for arn in wanted)
    )
    texts = [one["filter"]["filterExpression"] for one in expressions]
    names = list(dict.fromkeys(name for text in texts for name in PLACEHOLDER.findall(text)))
    return filters, {
        "filter_arn": filter_arn,
        "promotion_arn": promoted,
        "expression": texts[0] if filter_arn else "",
        "percent": _percent(page.asked("percent")),
        "placeholders": {name: page.asked(VALUE + name) for name in names},
        "columns": {name: page.asked(CONTEXT + name) for name in _context_columns(page, datasets)},
    }


def _percent(text: str) -> int:
    return max(1, min(100, int(text))) if text.isdecimal() and len(text) < 4 else 20


def _context_columns(page: Page, datasets: Mapping[str, Any]) -> list[str]:
    """The columns of the interactions that a request can give as context."""
    arn = next(
        (one["datasetArn"] for one in datasets["datasets"] if one["datasetType"] == "INTERACTIONS"), None
    )
    if arn is None:
        return []
    schema = page.api.personalize("DescribeDataset", datasetArn=arn)["dataset"]["schemaArn"]
    text = page.api.personalize("DescribeSchema", schemaArn=schema)["schema"]["schema"]
    names = re.findall(r'"name"\s*:\s*"([A-Z0-9_]+)"', text)
    return [name for name in names if name not in RESERVED]


def _suggested(page: Page, endpoint: Endpoint) -> dict[str, Any]:
    """Users or items to begin with."""
    about = {endpoint.member: endpoint.arn, "maxResults": SUGGESTED}
    if endpoint.needs_item:
        return optional(page.api, "tastemaker", "FindItems", **about)
    return optional(page.api, "tastemaker", "FindUsers", **about)


def _answered(
    page: Page, asked: Sequence[Endpoint], subject: str, controls: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers of one or two endpoints, the history, and the items that all of them name."""
    endpoint = asked[0]
    about = {endpoint.member: endpoint.arn}
    user = {} if endpoint.needs_item else {"userId": subject}
    results: list[Any] = page.api.together(
        *(partial(ask_endpoint, page.api, one, subject, controls) for one in asked),
        partial(_history, page, about, user),
        partial(_matches, page, about, user, subject if endpoint.needs_item else "", controls),
    )
    answers: list[Answer] = [result for result in results if isinstance(result, Answer)]
    history, matches = results[-2], results[-1]
    ids = [event["itemId"] for event in history.get("events", ())]
    ids += [item for answer in answers for item in answer.named_ids]
    ids += [subject] if endpoint.needs_item else []
    unique = list(dict.fromkeys(ids))[:LISTED]
    found = optional(page.api, "tastemaker", "FindItems", **about, itemIds=unique) if unique else {}
    return {
        "answers": answers,
        "differences": differences(answers),
        "history": history,
        "visits": _visits(history.get("events", ())),
        "matches": matches,
        "items": {item["itemId"]: item for item in found.get("items", ())},
        "largest": max((score for answer in answers for score in answer.scores), default=0.0),
    }


def _history(page: Page, about: Mapping[str, str], user: Mapping[str, str]) -> dict[str, Any]:
    if not user:
        return {}
    return optional(page.api, "tastemaker", "DescribeUser", **about, **user, maxResults=HISTORY)


def _visits(events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Events, with those that follow each other with one item on one day as one entry."""
    found: list[dict[str, Any]] = []
    for event in events:
        key = (event["itemId"], event["timestamp"].date(), event["streamed"])
        event_type = event.get("eventType") or "event"
        if not found or found[-1]["key"] != key:
            about = {"item": event["itemId"], "time": event["timestamp"], "streamed": event["streamed"]}
            found.append({"key": key, "types": [], **about})
        if event_type not in found[-1]["types"]:
            found[-1]["types"].append(event_type)
    return found


def _matches(
    page: Page, about: Mapping[str, str], user: Mapping[str, str], item: str, controls: Mapping[str, Any]
) -> dict[str, Any]:
    """How many items pass the filter; {} without one, or if a value is missing."""
    if not controls["filter_arn"]:
        return {}
    return optional(
        page.api,
        "tastemaker",
        "FindItems",
        **about,
        **user,
        itemId=item,
        filterArn=controls["filter_arn"],
        filterValues=quoted(controls["placeholders"]),
        maxResults=1,
    )


def _sending(page: Page, endpoint: Endpoint) -> dict[str, Any]:
    """Whether an item can be clicked, and the types of events."""
    if endpoint.needs_item:
        return {"tracker": None, "event_types": []}
    model = optional(page.api, "tastemaker", "DescribeModel", **{endpoint.member: endpoint.arn})
    types = model.get("model", {}).get("eventTypes") or ["click"]
    return {"tracker": _tracker(page), "event_types": types}


def _tracker(page: Page) -> str | None:
    """The tracking ID of the group's newest event tracker."""
    listed = page.api.personalize("ListEventTrackers", datasetGroupArn=page.group_arn)["eventTrackers"]
    if not listed:
        return None
    arn = listed[0]["eventTrackerArn"]
    tracking_id: str = page.api.personalize("DescribeEventTracker", eventTrackerArn=arn)["eventTracker"][
        "trackingId"
    ]
    return tracking_id


def _event_count(page: Page, endpoint: Endpoint, user: str) -> int:
    found = page.target.client("tastemaker").describe_user(
        **{endpoint.member: endpoint.arn}, userId=user, maxResults=1
    )
    return int(found["user"]["eventCount"])


ROUTES = [
    ("GET", "/groups/{group}/ask", ask),
    ("POST", "/groups/{group}/ask", send_event),
    ("GET", "/groups/{group}/ask/options", suggestions),
]
