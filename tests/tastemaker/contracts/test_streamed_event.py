import pytest

from tastemaker.contracts.streamed_event import (
    COLUMNS,
    MEMBERS_BY_FIELD,
    REQUIRED_MEMBERS,
    MissingColumnError,
    StreamedEvent,
    event_columns,
    event_identity,
    partition_key,
    stored_columns,
)


def test_columns_follow_from_the_members_of_an_event() -> None:
    assert set(StreamedEvent.__annotations__) - set(COLUMNS) == {"trackingId"}
    assert COLUMNS["eventValue"] == "double" and COLUMNS["sentAt"] == "bigint"
    assert {kind for name, kind in COLUMNS.items() if name not in ("eventValue", "sentAt")} == {"string"}


def test_required_members_are_those_that_every_event_has() -> None:
    assert REQUIRED_MEMBERS == ("eventId", "sessionId", "eventType", "sentAt", "datasetGroup")


def test_every_schema_field_is_carried_by_a_column() -> None:
    assert set(MEMBERS_BY_FIELD.values()) <= set(COLUMNS)


def test_event_columns_refuses_a_member_that_the_lake_does_not_have() -> None:
    assert event_columns("userId", "sentAt") == ["userId", "sentAt"]
    with pytest.raises(ValueError, match="trackingId"):
        event_columns("trackingId")


def test_partition_key_is_the_user_or_else_the_session() -> None:
    event: StreamedEvent = {
        "eventId": "1",
        "sessionId": "s",
        "eventType": "view",
        "sentAt": 1,
        "datasetGroup": "films",
    }
    assert partition_key(event) == "s"
    assert partition_key({**event, "userId": "u"}) == "u"


def test_members_are_found_in_lower_case_and_in_their_own_spelling() -> None:
    assert stored_columns(["userId", "sentAt"], ["userid", "sentat"], "f") == {
        "userId": "userid",
        "sentAt": "sentat",
    }
    assert stored_columns(["userId"], ["userId", "itemId"], "f") == {"userId": "userId"}


def test_file_may_lack_optional_members_but_not_others() -> None:
    assert stored_columns(["itemId", "impression"], ["itemid"], "f") == {"itemId": "itemid"}
    with pytest.raises(MissingColumnError, match=r"file a\.parquet .* lacks the columns userId, sentAt"):
        stored_columns(["userId", "itemId", "sentAt"], ["itemid"], "a.parquet")


def test_same_event_has_the_same_user_or_else_the_same_session_and_the_same_id() -> None:
    assert event_identity("u", "s", "1") == event_identity("u", "t", "1")
    assert event_identity(None, "s", "1") == event_identity(None, "s", "1")
    assert len({event_identity(*one) for one in (("u", "s", "1"), ("v", "s", "1"), (None, "s", "1"))}) == 3
    assert event_identity("u", "s", "1") != event_identity("u", "s", "2")
