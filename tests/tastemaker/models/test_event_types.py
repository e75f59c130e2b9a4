"""The numbers of event types in histories."""

from tastemaker.models.event_types import UNKNOWN, EventTypes

TYPES = EventTypes.of_manifest(
    {"eventTypes": ["rating", "view", "View"], "leastEventValues": [[0, 4.0], [-1, 2.0]]}
)


def test_types_are_found_exactly_and_without_case() -> None:
    assert [TYPES.number(name) for name in ("rating", "RATING", "view", "View", "VIEW", "buy")] == [
        0, 0, 1, 2, 1, UNKNOWN
    ]  # fmt: skip


def test_value_decides_the_number_where_the_type_has_a_least_value() -> None:
    assert [TYPES.number_of_event(0, value) for value in (4.0, 3.9, None)] == [0, 3, 3]
    assert [TYPES.number_of_event(UNKNOWN, value) for value in (2.0, 1.0, None)] == [UNKNOWN, 4, 4]
    assert TYPES.number_of_event(1, None) == 1


def test_events_below_a_threshold_have_a_name_and_are_not_trained() -> None:
    assert TYPES.labels == ["rating", "view", "View", "rating", ""]
    assert TYPES.numbers == {"rating": [0, 3], "view": [1], "View": [2], "": [4, UNKNOWN]}
    trained = TYPES.trained([True, False, True], True)
    assert trained.tolist() == [True, False, True, False, False, True] and trained[UNKNOWN]


def test_bundle_of_an_older_release_has_no_least_values() -> None:
    older = EventTypes.of_manifest({"eventTypes": ["view"]})
    assert older.labels == ["view"] and older.number_of_event(0, None) == 0
