"""Reports of parts of an import as one report."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.importing.report import (
    MAX_ACTIVE_USERS,
    MAX_WATCHED_USERS,
    ActiveUsers,
    ReportBuilder,
    merged,
)


def counted(*batches: list[str]) -> ActiveUsers:
    """The users of a part, whose rows come in batches."""
    found = ActiveUsers()
    for users in batches:
        columns = {"USER_ID": pa.array(users, pa.string()), "TIMESTAMP": pa.array([1] * len(users))}
        found.add(pa.RecordBatch.from_pydict(columns))
    return found


USERS = st.lists(st.sampled_from("abcdef"), max_size=8)


@given(st.lists(st.lists(USERS, max_size=3), max_size=4))
def test_users_of_parts_are_counted_as_those_of_one_part(parts: list[list[list[str]]]) -> None:
    alone = counted(*(batch for part in parts for batch in part))
    reports = [(len(part), ReportBuilder().build()) for part in parts]
    report = merged(reports, [counted(*part) for part in parts], [])
    rows = [user for part in parts for batch in part for user in batch]
    assert report["activeUsers"] == alone.count == sum(rows.count(user) > 1 for user in set(rows))


def test_users_are_forgotten_when_there_are_enough() -> None:
    names = [f"u{number}" for number in range(MAX_ACTIVE_USERS + 50)]
    found = counted(names, names)
    assert found.count == MAX_ACTIVE_USERS and found.once == set()
    found.join(counted(["other"]))
    assert found.count == MAX_ACTIVE_USERS and found.once == set()


def test_part_that_stopped_counting_sends_few_ids() -> None:
    names = [f"u{number}" for number in range(MAX_WATCHED_USERS)]
    stopped = counted(["a", "a"], names).to_send()
    assert (stopped.active, stopped.once) == ({"a"}, set())
    many = counted(names[:5_000], names[:5_000]).to_send()
    assert many.count == len(many.active) == MAX_ACTIVE_USERS and many.once == set()
    assert counted(["a", "a"], ["b"]).to_send() == ActiveUsers({"a"}, {"b"})
