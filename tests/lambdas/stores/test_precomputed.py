"""Lists that were computed ahead, in the table of recommendations."""

from typing import Any

import pytest

from lambdas.stores.batch_writes import TableBusyError, write_batch
from lambdas.stores.precomputed import PrecomputedTable, partitions

VERSION = "arn:aws:personalize:eu-west-1:123456789012:batch-inference-job/j#1700000000"
LONGEST = "\N{BREAD}" * 256


def rows(client: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.scan(TableName="recommendations")["Items"]
    return items


def test_list_is_found_under_its_version_only(other_tables: Any) -> None:
    lists = PrecomputedTable(other_tables, "recommendations")
    users = [*(f"user-{number}" for number in range(200)), LONGEST, LONGEST, "user-0"]
    written = lists.write(VERSION, ((user, {"recommendedItems": [user]}) for user in users), expires_at=9)
    assert written >= 201 and len(rows(other_tables)) == 201
    for user in users[::10] + users[-3:]:
        assert lists.find(VERSION, user) == {"recommendedItems": [user]}
    assert lists.find(VERSION, "nobody") is None and lists.find(f"{VERSION}1", "user-0") is None
    assert {row["expiresAt"]["N"] for row in rows(other_tables)} == {"9"}
    used = {row["version"]["S"] for row in rows(other_tables)}
    assert used <= set(partitions(VERSION)) and len(used) > 30


def test_write_replaces_lists_and_delete_keeps_others(other_tables: Any) -> None:
    lists = PrecomputedTable(other_tables, "recommendations")
    for items in (["a"], ["b"]):
        lists.write(VERSION, ((user, {"recommendedItems": items}) for user in ("ann", "bob")), expires_at=9)
    assert lists.find(VERSION, "ann") == {"recommendedItems": ["b"]}
    lists.delete(VERSION, ["ann", "nobody", "ann"])
    assert lists.find(VERSION, "ann") is None and lists.find(VERSION, "bob") is not None


class Throttled:
    """A table that takes one request of each call."""

    def __init__(self, takes: int = 1) -> None:
        self.takes, self.taken = takes, 0

    def batch_write_item(self, RequestItems: dict[str, list]) -> dict[str, Any]:  # noqa: N803
        ((table, requests),) = RequestItems.items()
        self.taken += min(self.takes, len(requests))
        return {"UnprocessedItems": {table: requests[self.takes :]} if requests[self.takes :] else {}}


def test_unprocessed_rows_are_sent_again_with_backoff() -> None:
    pauses: list[float] = []
    table = Throttled()
    assert write_batch(table, "t", [{"number": one} for one in range(4)], sleep=pauses.append) == 0
    assert table.taken == 4 and pauses == sorted(set(pauses)) and len(pauses) == 3
    assert write_batch(Throttled(0), "t", [{}, {}], sleep=pauses.append, attempts=2) == 2


def test_busy_table_raises_after_all_attempts() -> None:
    lists = PrecomputedTable(Throttled(0), "t", sleep=lambda _: None)
    with pytest.raises(TableBusyError, match="1 lists"):
        lists.write(VERSION, [("ann", {})], expires_at=9)
