"""Ranges of users divide all users, in the order of their ids."""

import pyarrow as pa
import pytest

from training.data.user_ranges import EVERYONE, UserRange, range_of, ranges
from training.distributed.process_group import SINGLE, ProcessGroup
from training.errors import NotEnoughDataError

USERS = ["b", "a", None, "ü9", "zz", "b", ""]


def column(users: list) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(users[:3], pa.string()), pa.array(users[3:], pa.string())])


@pytest.mark.parametrize("coded", [False, True])
def test_every_row_with_a_user_belongs_to_one_range(coded: bool) -> None:
    users = column(USERS)
    masks = [one.mask(users.dictionary_encode() if coded else users) for one in ranges(["", "b", "zz"])]
    assert sum(mask.astype(int) for mask in masks).tolist() == [1, 1, 0, 1, 1, 1, 1]
    assert [user for user, inside in zip(USERS, masks[1], strict=True) if inside] == ["b", "b"]


def test_ranges_have_about_equally_many_events() -> None:
    users = [f"{user:03d}" for user in range(100) for _ in range(user)]
    found = [range_of([column(users)], ProcessGroup(rank, 3)) for rank in range(3)]
    assert [found[0].first, found[2].end] == [None, None]
    assert found[0].end == found[1].first and found[1].end == found[2].first
    shares = [one.mask(column(users)).mean() for one in found]
    assert min(shares) > 0.3


@pytest.mark.parametrize("heavy", ["aaa", "guest", "zzz"])
def test_user_with_the_events_of_several_ranges_leaves_users_for_each_range(heavy: str) -> None:
    users = [f"user {number:03d}" for number in range(70)] + [f"a{number}" for number in range(10)]
    events = column(users + [heavy] * 40)
    found = [range_of([events], ProcessGroup(rank, 8)) for rank in range(8)]
    masks = [one.mask(events) for one in found]
    assert sum(mask.astype(int) for mask in masks).tolist() == [1] * len(events)
    assert all(mask.any() for mask in masks)
    assert [one.end for one in found[:-1]] == [one.first for one in found[1:]]


def test_one_process_has_all_users_without_a_look_at_them() -> None:
    assert range_of(iter(()), SINGLE) is EVERYONE


def test_more_processes_than_users_are_refused() -> None:
    with pytest.raises(NotEnoughDataError, match="only 2 users in 4 sampled events, too few for 3 processes"):
        range_of([column(["a", "b", "a", "a"])], ProcessGroup(1, 3))


def test_table_keeps_the_rows_of_the_range() -> None:
    table = pa.table({"USER_ID": column(USERS), "ROW": list(range(7))})
    assert UserRange("b", "zz").only(table)["ROW"].to_pylist() == [0, 5]
