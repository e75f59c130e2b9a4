"""The log of searches, in the table of the impression log."""

from typing import Any

import pytest

from lambdas.stores.impression_log import ImpressionTable
from lambdas.stores.search_log import SearchLog
from tastemaker.search.learning.shown import LOG_KEY, LOG_MEMBER, Candidates, ShownSearch

PAGE = ShownSearch(
    "RID-1",
    "arn:aws:personalize:eu-west-1:123456789012:campaign/shop",
    "search/shop/weight-0.3",
    "shop",
    {"match": {"NAME": "shoes"}},
    0.3,
    "ranks",
    0,
    ["a", "b"],
    Candidates(["a", "b"], [2.0, 1.0], [1, 2], [0.6, 0.4]),
)


def rows(client: Any) -> dict[str, Any]:
    found = client.scan(TableName="recommendations")["Items"]
    return {row["key"]["S"]: row for row in found}


@pytest.mark.parametrize("days", [0, 30])
def test_page_is_kept_as_long_as_the_stage_says(other_tables: Any, days: int) -> None:
    table = ImpressionTable(other_tables, "recommendations", lambda: 1_000.0)
    SearchLog(table, days).record(PAGE)
    table.flush()
    assert table.find(["RID-1"]) == {"RID-1": ["a", "b"]}, "events can name the search in any case"
    found = rows(other_tables)
    if not days:
        assert list(found) == ["shown"], "no query is kept"
        return
    row = found[LOG_KEY]
    assert row["expiresAt"]["N"] == str(1000 + 30 * 86_400)
    assert ShownSearch.decoded(row[LOG_MEMBER]["B"]) == PAGE
    assert not [name for name in row if "user" in name.lower()]
