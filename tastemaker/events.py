"""The rules of PutEvents, PutItems and PutUsers: a request and the dataset's schema → records to store.

A property's name is matched to a field by dropping underscores and case (`numRatings` is `NUM_RATINGS`):
schemas keep names distinct after that. Properties that the schema does not have are ignored.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from tastemaker import documents
from tastemaker.contracts.lake_layout import action_group
from tastemaker.contracts.streamed_event import MEMBERS_BY_FIELD, StreamedEvent, join_impression
from tastemaker.errors import InvalidInput
from tastemaker.schemas import SEPARATOR, Field, Schema

EVENT_BYTES = 10_240
CATEGORY_LENGTH = 1000
LATEST_SECOND = 9_999_999_999

FORBIDDEN = frozenset({"userid", "sessionid", "eventtype", "timestamp", "recommendationid", "impression"})
"""Property names that PutEvents refuses: each has a member of its own."""

CHANGES = "#changes"
"""After a dataset's ARN: the key of the log of what was put into it."""

ACTION_MEMBERS = frozenset(
    {"USER_ID", "ACTION_ID", "TIMESTAMP", "EVENT_TYPE", "IMPRESSION", "RECOMMENDATION_ID"}
)
"""Schema fields that action interactions carry as members."""

_NEVER_REQUIRED = frozenset({"USER_ID", "IMPRESSION", "RECOMMENDATION_ID"})
"""Fields that an event may lack whatever the schema says: without a user there is the session, which may be
joined to a user later; and what was shown is not always known: the service's samples send events without it.
"""


def stream_records(params: Mapping[str, Any], schema: Schema, dataset_group: str) -> list[StreamedEvent]:
    """The events of one PutEvents call as the stream carries them, in the order given.

    Members: eventId, trackingId, datasetGroup, userId?, sessionId, sentAt (whole seconds), eventType,
    eventValue?, itemId?, impression? (ids joined by a bar), recommendationId?, eventAttributionSource?,
    properties (a JSON object of schema field → value, as text). An event without an id of its own gets one
    from its content, so that the same event sent twice is one event. Raises InvalidInput, naming the event by
    its place.
    """
    known = _by_plain_name(schema.fields)
    records = []
    for place, event in enumerate(params["eventList"], start=1):
        if len(json.dumps(event, ensure_ascii=False).encode()) > EVENT_BYTES:
            raise InvalidInput(f"Event {place} is larger than 10 KB.")
        record = _record(params, event, known, place, dataset_group)
        _check_required(schema, record, place)
        records.append(record)
    return records


def action_records(params: Mapping[str, Any], schema: Schema, dataset_group: str) -> list[StreamedEvent]:
    """The action interactions of one PutActionInteractions call as the stream carries them.

    They have the members of events, the action standing where an item would, and a dataset group of their
    own, `<group>/actions` (no group can have that name): so they share the stream, the lake and the table
    with events and are never mistaken for one. Raises InvalidInput, naming the interaction by its place.
    """
    known = _by_plain_name(schema.fields)
    records = []
    for place, event in enumerate(params["actionInteractions"], start=1):
        if len(json.dumps(event, ensure_ascii=False).encode()) > EVENT_BYTES:
            raise InvalidInput(f"Action interaction {place} is larger than 10 KB.")
        where = f"of action interaction {place}"
        given = _properties(event.get("properties"), where)
        impression = event.get("impression")
        record = {
            "trackingId": params["trackingId"],
            "datasetGroup": action_group(dataset_group),
            "userId": event.get("userId"),
            "sessionId": event["sessionId"],
            "sentAt": _seconds(event["timestamp"], where),
            "eventType": event["eventType"],
            "itemId": event["actionId"],
            "impression": join_impression(impression),
            "recommendationId": event.get("recommendationId"),
            "properties": _dump(_typed(given, known, where, skip=ACTION_MEMBERS)),
        }
        record = {name: part for name, part in record.items() if part is not None}
        records.append({"eventId": event.get("eventId") or content_id(record), **record})
    return records


def catalog_records(
    entries: Iterable[Mapping[str, Any]], id_member: str, schema: Schema
) -> list[tuple[str, dict[str, Any]]]:
    """The (id, properties by schema field) of one PutItems, PutUsers or PutActions call.

    `id_member` is itemId, userId or actionId. An absent property is null; one that may not be null must be
    there. Raises InvalidInput, naming the id.
    """
    known = _by_plain_name(schema.fields)
    id_field = {"itemId": "ITEM_ID", "userId": "USER_ID", "actionId": "ACTION_ID"}[id_member]
    records = []
    for entry in entries:
        name = entry[id_member]
        given = _properties(entry.get("properties"), f"of {name}")
        values = _typed(given, known, f"of {name}", skip={id_field})
        for field in schema.fields:
            if not field.nullable and field.name != id_field and values.get(field.name) is None:
                raise InvalidInput(
                    f"The properties of {name} lack {camel(field.name)}, which the schema requires."
                )
        records.append((name, values))
    return records


def camel(name: str) -> str:
    """`NUM_RATINGS` → `numRatings`: a field's name as requests write it."""
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def _record(
    params: Mapping[str, Any], event: Mapping[str, Any], known: Mapping[str, Field], place: int, group: str
) -> dict[str, Any]:
    where = f"of event {place}"
    given = _properties(event.get("properties"), where)
    for name in given:
        if _plain(name) in FORBIDDEN:
            raise InvalidInput(f"The properties {where} may not hold {name}: it has a member of its own.")
    # Programs of 2019 put these two into the properties.
    plain = {_plain(name): value for name, value in given.items()}
    item = event.get("itemId") or _text(plain.get("itemid"))
    value = event.get("eventValue")
    if value is None and plain.get("eventvalue") is not None:
        value = _number(plain["eventvalue"], f"eventValue {where}")
    impression = event.get("impression")
    record = {
        "trackingId": params["trackingId"],
        "datasetGroup": group,
        "userId": params.get("userId"),
        "sessionId": params["sessionId"],
        "sentAt": _seconds(event["sentAt"], where),
        "eventType": event["eventType"],
        "eventValue": value,
        "itemId": item,
        "impression": join_impression(impression),
        "recommendationId": event.get("recommendationId"),
        "eventAttributionSource": event.get("metricAttribution", {}).get("eventAttributionSource"),
        "properties": _dump(_typed(given, known, where, skip=MEMBERS_BY_FIELD)),
    }
    record = {name: part for name, part in record.items() if part is not None}
    return {"eventId": event.get("eventId") or content_id(record), **record}


def content_id(record: Mapping[str, Any]) -> str:
    """32 hexadecimal digits that depend on everything the record says, and on nothing else."""
    return blake2b(_dump(record).encode(), digest_size=16).hexdigest()


def _check_required(schema: Schema, record: Mapping[str, Any], place: int) -> None:
    properties = json.loads(record["properties"])
    for field in schema.fields:
        if field.nullable or field.name in _NEVER_REQUIRED:
            continue
        member = MEMBERS_BY_FIELD.get(field.name)
        if (record.get(member) if member else properties.get(field.name)) is None:
            raise InvalidInput(
                f"Event {place} lacks {member or camel(field.name)}; the schema requires {field.name}."
            )


def _by_plain_name(fields: Sequence[Field]) -> dict[str, Field]:
    return {_plain(field.name): field for field in fields}


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _properties(given: Any, where: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    try:
        properties = documents.parse(given)
    except ValueError as error:
        raise InvalidInput(f"The properties {where} are not JSON: {error}") from None
    if not isinstance(properties, dict):
        raise InvalidInput(f"The properties {where} must be a JSON object, as text.")
    return properties


def _typed(
    given: Mapping[str, Any], known: Mapping[str, Field], where: str, skip: Iterable[str]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in given.items():
        field = known.get(_plain(name))
        if field is None or field.name in skip:
            continue
        what = f"{name} in the properties {where}"
        if value is None or (value == "" and field.type != "string"):
            if not field.nullable:
                raise InvalidInput(f"{what} is null, but the schema's {field.name} may not be.")
            continue
        values[field.name] = _as(field, value, what)
    return values


def _as(field: Field, value: Any, what: str) -> Any:
    """Clients send numbers as text and text as numbers; take what has one meaning."""
    if field.type == "boolean":
        return _boolean(value, what)
    if field.type in ("int", "long"):
        number = _number(value, what)
        if number != int(number):
            raise InvalidInput(f"{what} must be a whole number, not {value!r}.")
        whole = int(value) if isinstance(value, str) and value.strip().lstrip("+-").isdigit() else int(number)
        if field.name == "CREATION_TIMESTAMP":
            _seconds(whole, what)
        return whole
    if field.number:
        return _number(value, what)
    text = SEPARATOR.join(map(str, value)) if isinstance(value, list) else _text(value)
    if text is None or isinstance(value, dict):
        raise InvalidInput(f"{what} must be text, not {value!r}.")
    if field.categorical and len(text) > CATEGORY_LENGTH:
        raise InvalidInput(
            f"{what}: length cannot be more than {CATEGORY_LENGTH} characters for {field.name}."
        )
    return text


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _boolean(value: Any, what: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise InvalidInput(f"{what} must be true or false, not {value!r}.")


def _number(value: Any, what: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) or "_" in str(value) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput(f"{what} must be a number, not {value!r}.")
    return number


def _seconds(value: float, where: str) -> int:
    if not 0 <= value <= LATEST_SECOND:
        raise InvalidInput(
            f"The time {value} {where} must be in Unix seconds (milliseconds? divide by 1000)."
        )
    return int(value)


def _dump(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
