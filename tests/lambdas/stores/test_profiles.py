"""Events of a user, written as they are streamed and read for a request."""

from typing import Any

from lambdas.stores.profiles import Profiles


class Table:
    """A client with the answer of one query. Only the attributes that were asked for come back."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = items

    def query(self, **asked: Any) -> dict[str, Any]:
        names = asked["ProjectionExpression"].split(", ")
        return {"Items": [{name: item[name] for name in names if name in item} for item in self.items]}


def test_value_of_an_event_is_read_if_it_has_one() -> None:
    event = {"profile": {"S": "p"}, "itemId": {"S": "tea"}, "eventType": {"S": "rating"}}
    table = Table(
        {**event, "event": {"S": "1700000002000#b"}, "eventValue": {"N": "3.5"}},
        {**event, "event": {"S": "1700000001000#a"}},
    )
    found = Profiles(table, "profiles").newest("shop", "ann")
    assert [(one.event_id, one.item, one.event_type, one.time, one.value) for one in found] == [
        ("b", "tea", "rating", 1_700_000_002, 3.5),
        ("a", "tea", "rating", 1_700_000_001, None),
    ]
