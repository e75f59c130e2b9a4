"""One event on its way from PutEvents through the stream to the profiles table and to the lake.

The events function writes it as a JSON object to the stream. The stream function stores it in the profiles
table. The delivery stream writes it as a row of a Parquet file in the lake, whose columns are `COLUMNS`.
Action interactions have the same members: the action's id is in `itemId`, and `datasetGroup` is the pseudo
group of `lake_layout.action_group`.

This module uses the standard library only: infrastructure declares the table of events from `COLUMNS`.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NotRequired, TypedDict, get_type_hints

from tastemaker.notation import SEPARATOR

ColumnType = Literal["string", "bigint", "double"]
"""The type of a column, as AWS Glue names it."""


class StreamedEvent(TypedDict):
    """The members of an event, which are the columns of its row in the lake, in this order.

    Members that are `NotRequired` are absent in an event that does not have them, and null in its row.
    """

    eventId: str
    userId: NotRequired[str]
    sessionId: str
    itemId: NotRequired[str]
    eventType: str
    eventValue: NotRequired[float]
    sentAt: int
    """Whole seconds since 1970."""
    impression: NotRequired[str]
    """Item ids, joined by `SEPARATOR`."""
    recommendationId: NotRequired[str]
    eventAttributionSource: NotRequired[str]
    properties: NotRequired[str]
    """A JSON object: schema field → value, for fields that have no member of their own."""
    datasetGroup: str
    """The name of the dataset group. It is also the key by which delivery chooses the folder in the lake."""
    trackingId: NotRequired[str]


REQUIRED_MEMBERS: tuple[str, ...] = tuple(
    name for name in StreamedEvent.__annotations__ if name in StreamedEvent.__required_keys__
)

_NOT_IN_LAKE = frozenset({"trackingId"})
_COLUMN_TYPES: dict[type, ColumnType] = {str: "string", int: "bigint", float: "double"}

COLUMNS: dict[str, ColumnType] = {
    name: _COLUMN_TYPES[hint]
    for name, hint in get_type_hints(StreamedEvent).items()
    if name not in _NOT_IN_LAKE
}
"""The columns of events in the lake and their types, in order."""

_ALWAYS_STORED = ("eventId", "userId", "sessionId", "itemId", "eventType", "sentAt")

MEMBERS_BY_FIELD = {
    "USER_ID": "userId",
    "ITEM_ID": "itemId",
    "TIMESTAMP": "sentAt",
    "EVENT_TYPE": "eventType",
    "EVENT_VALUE": "eventValue",
    "IMPRESSION": "impression",
    "RECOMMENDATION_ID": "recommendationId",
    "EVENT_ATTRIBUTION_SOURCE": "eventAttributionSource",
}
"""Field of an Interactions schema → the member that carries it. All other fields are in `properties`."""


def event_columns(*members: str) -> list[str]:
    """The columns in which a reader finds these members. Raises ValueError for an unknown member."""
    if unknown := [name for name in members if name not in COLUMNS]:
        raise ValueError(f"Events in the lake have no members {', '.join(unknown)}.")
    return list(members)


class MissingColumnError(ValueError):
    """A file of events lacks a column that every such file has, so that its rows cannot be understood."""


def stored_columns(members: Iterable[str], found: Collection[str], file: str) -> dict[str, str]:
    """Member → its column in a file that has the columns `found`.

    AWS Glue folds top-level column names to lower case, so that Firehose writes `userid`. Other writers keep
    the member's name. A member that not every file has is left out if the file lacks it. Raises
    MissingColumnError, which names `file`, if the file lacks another one.
    """
    by_folded_name = {name.lower(): name for name in found}
    stored = {name: by_folded_name[name.lower()] for name in members if name.lower() in by_folded_name}
    if missing := [name for name in members if name not in stored and name in _ALWAYS_STORED]:
        raise MissingColumnError(
            f"The file {file} of streamed events lacks the columns {', '.join(missing)}. It has "
            f"{', '.join(sorted(found)) or 'none'}."
        )
    return stored


def partition_key(event: StreamedEvent) -> str:
    """The user of an event, or its session: events with the same key stay in order in the stream."""
    return event.get("userId") or event["sessionId"]


def event_identity(user: str | None, session: str | None, event_id: str) -> tuple[str, str]:
    """What two rows have in common if they are the same event: the user (or session without one) and the id.

    The service uses events after the first with the same id no more. Ids are a client's own counters, so they
    are distinct within one user, not across users. Every reader of streamed events uses this function, except
    training, which reads columns (`training.data.events.repeated`).
    """
    return user or session or "", event_id


def join_impression(items: Sequence[str] | None) -> str | None:
    """The value of `impression` for the items that were shown; None if there were none."""
    return SEPARATOR.join(items) if items else None
