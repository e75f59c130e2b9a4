import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.batch import shards

texts = st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b"")), max_size=30)


@given(texts, st.booleans(), st.integers(1, 40))
def test_every_line_belongs_to_exactly_one_shard(lines: list[bytes], ends: bool, shard_bytes: int) -> None:
    data = b"\n".join(lines) + (b"\n" if ends and lines else b"")
    found = [
        line
        for start, end in shards.cut(len(data), shard_bytes)
        for line in shards.lines(io.BytesIO(data), start, end)
    ]
    want = data.split(b"\n")
    if want[-1] == b"":
        want.pop()
    if want and want[0].startswith(b"\xef\xbb\xbf"):
        want[0] = want[0][3:]
    assert found == want


def test_byte_order_mark_is_removed_from_the_first_line() -> None:
    file = io.BytesIO(b"\xef\xbb\xbfab\ncd\r\nef")
    assert list(shards.lines(file, 0, 7)) == [b"ab", b"cd"]


def test_cut_covers_a_file_evenly() -> None:
    assert shards.cut(10, 4) == [(0, 3), (3, 6), (6, 10)]
    assert shards.cut(0, 4) == [(0, 0)]


@pytest.mark.parametrize(("items", "low", "high"), [(1000, 50_000, 60_000), (5_000_000, 200, 1000)])
def test_large_catalog_gets_smaller_shards(items: int, low: int, high: int) -> None:
    assert low <= shards.lines_per_shard(items) <= high


def test_bytes_per_line_is_the_mean_length() -> None:
    assert shards.bytes_per_line(b"abc\nabc\nabc") == pytest.approx(11 / 3)
