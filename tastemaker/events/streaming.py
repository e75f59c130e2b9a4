"""PutEvents and PutActionInteractions: the events of a request → streamed events."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, cast

from tastemaker import values
from tastemaker.contracts.streamed_event import MEMBERS_BY_FIELD, StreamedEvent, join_impression
from tastemaker.errors import InvalidInput
from tastemaker.events.properties import (
    as_text,
    by_plain_name,
    checked,
    dump,
    parse_properties,
    plain,
    typed_values,
)
from tastemaker.notation import SEPARATOR, camel
from tastemaker.schemas import Field, Schema

MAX_EVENT_BYTES = 10_240

FORBIDDEN_PROPERTIES = frozenset(
    {"userid", "sessionid", "eventtype", "timestamp", "recommendationid", "impression"}
)
"""Plain names of properties that PutEvents refuses, because events have members for them."""

ACTION_FIELDS = frozenset(
    {"USER_ID", "ACTION_ID", "TIMESTAMP", "EVENT_TYPE", "IMPRESSION", "RECOMMENDATION_ID"}
)
"""Schema fields that action interactions carry as members, not as properties."""

_NEVER_REQUIRED = frozenset({"USER_ID", "IMPRESSION", "RECOMMENDATION_ID"})
"""Fields that an event may lack even if the schema requires them.

An event without a user has a session, which may be joined to a user later. The samples of the service send
events without an impression.
"""


def stream_records(
    params: Mapping[str, Any], schema: Schema, event_group: str, *, now: float
) -> list[StreamedEvent]:
    """The events of one PutEvents request, in the order of the request.

    An event without an id gets one from its content, so that the same event sent twice is one event. `now` is
    in seconds since 1970. Raises InvalidInput, which names the event by its number in the request.
    """
    fields = by_plain_name(schema.fields)
    _check_ids({name: params.get(name) for name in ("userId", "sessionId")}, "of the request")
    records = []
    for number, event in enumerate(params["eventList"], start=1):
        _check_size(event, f"Event {number}")
        record = _event(params, event, fields, f"of event {number}", event_group, now)
        _check_required(schema, record, number)
        records.append(record)
    return records


def action_records(
    params: Mapping[str, Any], schema: Schema, event_group: str, *, now: float
) -> list[StreamedEvent]:
    """The interactions of one PutActionInteractions request, in the order of the request.

    They are streamed as events whose `itemId` is the action's id, under the event group of the dataset.
    Raises InvalidInput, which names the interaction by its number in the request.
    """
    fields = by_plain_name(schema.fields)
    records = []
    for number, event in enumerate(params["actionInteractions"], start=1):
        _check_size(event, f"Action interaction {number}")
        where = f"of action interaction {number}"
        properties = parse_properties(event.get("properties"), where)
        ids = ("userId", "sessionId", "actionId", "eventId")
        _check_ids({name: event.get(name) for name in ids}, where)
        record = _streamed(
            event.get("eventId"),
            {
                "trackingId": params["trackingId"],
                "datasetGroup": event_group,
                "userId": event.get("userId"),
                "sessionId": event["sessionId"],
                "sentAt": _time(event["timestamp"], where, now),
                "eventType": event["eventType"],
                "itemId": event["actionId"],
                "impression": _impression(event, where),
                "recommendationId": event.get("recommendationId"),
                "properties": dump(typed_values(properties, fields, where, skip=ACTION_FIELDS, now=now)),
            },
        )
        records.append(record)
    return records


def _impression(event: Mapping[str, Any], where: str) -> str | None:
    """The items that were shown as one text. Raises InvalidInput for one that is no id, or would be two."""
    items = event.get("impression")
    for item in items or ():
        _check_ids({"impression": item}, where)
        if SEPARATOR in item:
            raise InvalidInput(
                f"impression {where} is not valid: {item!r} has a {SEPARATOR}, which ends an id."
            )
    return join_impression(items)


def content_id(members: Mapping[str, Any]) -> str:
    """32 hexadecimal digits that depend on all members and on nothing else."""
    return blake2b(dump(members).encode(), digest_size=16).hexdigest()


def _event(
    params: Mapping[str, Any],
    event: Mapping[str, Any],
    fields: Mapping[str, Field],
    where: str,
    group: str,
    now: float,
) -> StreamedEvent:
    properties = parse_properties(event.get("properties"), where)
    for name in properties:
        if plain(name) in FORBIDDEN_PROPERTIES:
            raise InvalidInput(f"The properties {where} may not hold {name}: it has a member of its own.")
    # Programs of 2019 put these two into the properties.
    older = {plain(name): value for name, value in properties.items()}
    value = event.get("eventValue")
    if value is None:
        value = older.get("eventvalue")
    if value is not None:
        value = checked(f"eventValue {where}", _event_value, value, fields.get(plain("EVENT_VALUE")))
    item = event.get("itemId") or as_text(older.get("itemid"))
    _check_ids({"itemId": item, "eventId": event.get("eventId")}, where)
    return _streamed(
        event.get("eventId"),
        {
            "trackingId": params["trackingId"],
            "datasetGroup": group,
            "userId": params.get("userId"),
            "sessionId": params["sessionId"],
            "sentAt": _time(event["sentAt"], where, now),
            "eventType": event["eventType"],
            "eventValue": value,
            "itemId": item,
            "impression": _impression(event, where),
            "recommendationId": event.get("recommendationId"),
            "eventAttributionSource": event.get("metricAttribution", {}).get("eventAttributionSource"),
            "properties": dump(typed_values(properties, fields, where, skip=MEMBERS_BY_FIELD, now=now)),
        },
    )


def _streamed(event_id: str | None, members: Mapping[str, Any]) -> StreamedEvent:
    """The members that are not null, with the event's id or one that follows from the members."""
    present = {name: value for name, value in members.items() if value is not None}
    return cast(StreamedEvent, {"eventId": event_id or content_id(present), **present})


def _time(value: Any, where: str, now: float) -> int:
    return checked(f"The time {where}", values.read_time, value, values.EVENT, now)


def _event_value(value: Any, field: Field | None) -> float:
    """The value of an event: a number of the schema's type that the table of profiles can store."""
    number = values.read_float(value, "double" if field is None else field.type)
    values.check_storable(number)
    return number


def _check_ids(ids: Mapping[str, str | None], where: str) -> None:
    for name, text in ids.items():
        if text is not None:
            checked(f"{name} {where}", values.check_id, text)


def _check_size(event: Mapping[str, Any], what: str) -> None:
    if len(json.dumps(event, ensure_ascii=False).encode()) > MAX_EVENT_BYTES:
        raise InvalidInput(f"{what} is larger than 10 KB.")


def _check_required(schema: Schema, record: StreamedEvent, number: int) -> None:
    properties = json.loads(record["properties"])
    for field in schema.fields:
        if field.nullable or field.name in _NEVER_REQUIRED:
            continue
        member = MEMBERS_BY_FIELD.get(field.name)
        if (record.get(member) if member else properties.get(field.name)) is None:
            raise InvalidInput(
                f"Event {number} lacks {member or camel(field.name)}; the schema requires {field.name}."
            )
