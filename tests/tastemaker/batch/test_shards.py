import io
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.batch import lines, shards
from tastemaker.batch.lines import MAX_LINE_BYTES

texts = st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b"")), max_size=30)


@given(texts, st.booleans(), st.integers(1, 40))
def test_every_line_belongs_to_exactly_one_shard(texts: list[bytes], ends: bool, shard_bytes: int) -> None:
    data = b"\n".join(texts) + (b"\n" if ends and texts else b"")
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


class OneLine(io.RawIOBase):
    """A file of so many bytes without a line end, and the longest read of it."""

    def __init__(self, size: int) -> None:
        self.size, self.position, self.longest, self.total = size, 0, 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.position = offset if whence == 0 else self.position + offset
        return self.position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        length = min(len(buffer), self.size - self.position)
        buffer[:length] = b"x" * length
        self.position, self.longest, self.total = (
            self.position + length,
            max(self.longest, length),
            self.total + length,
        )
        return length


def test_file_without_line_ends_is_never_in_memory_and_each_shard_reads_its_own_range() -> None:
    size, found, read = 64 << 20, [], 0
    for start, end in shards.cut(size, 16 << 20):
        file = OneLine(size)
        found += list(shards.lines(io.BufferedReader(file, 1 << 20), start, end))
        assert file.longest <= MAX_LINE_BYTES + 1
        read += file.total
    assert [len(line) for line in found] == [MAX_LINE_BYTES + 1]
    assert read < size * 1.25
    assert lines.read(found[0])[1:] == (None, "The line has more than 1 MB; each line is one JSON object.")


def test_lines_after_a_long_line_are_answered() -> None:
    data = b"a\n" + b"x" * (3 << 20) + b"\nb\nc"
    for shard_bytes in (1 << 10, 1 << 20, 1 << 23):
        shard_list = shards.cut(len(data), max(shard_bytes, 1 << 18))
        found = [line for start, end in shard_list for line in shards.lines(io.BytesIO(data), start, end)]
        assert [line[:1] for line in found] == [b"a", b"x", b"b", b"c"]


def test_cut_covers_a_file_evenly() -> None:
    assert shards.cut(10, 4) == [(0, 3), (3, 6), (6, 10)]
    assert shards.cut(0, 4) == [(0, 0)]


@pytest.mark.parametrize(("items", "low", "high"), [(1000, 50_000, 60_000), (5_000_000, 200, 1000)])
def test_large_catalog_gets_smaller_shards(items: int, low: int, high: int) -> None:
    assert low <= shards.lines_per_shard(items) <= high


def test_bytes_per_line_is_the_mean_length() -> None:
    assert shards.bytes_per_line(b"abc\nabc\nabc") == pytest.approx(11 / 3)


def segments(users: int, count: int) -> bytes:
    line = json.dumps({"output": {"usersList": [f"user-{number:06}" for number in range(users)]}})
    return (line + "\n").encode() * count


@pytest.mark.parametrize(("users", "count"), [(10_000, 1), (10_000, 40), (500, 900), (1, 2000)])
def test_slices_of_segments_have_no_more_texts_than_a_shard_has_time_for(users: int, count: int) -> None:
    """A line of a segment has thousands of users, each of whom gets a text."""
    data = segments(users, count)
    found = list(shards.cut_texts(len(data), data[:65536], shards.MAX_MODEL_TEXTS))
    assert [(start, end) for start, end, _, _ in found] == list(
        pairwise(sorted({0, *(end for _, end, _, _ in found)}))
    )
    for start, end, slices, _ in found:
        lines = list(shards.lines(io.BufferedReader(io.BytesIO(data)), start, end))
        texts = sum(len(json.loads(line)["output"]["usersList"]) for line in lines)
        assert texts / slices <= 1.2 * shards.MAX_MODEL_TEXTS
    assert sum(slices for _, _, slices, _ in found) <= 20 + 4 * users * count / shards.MAX_MODEL_TEXTS


def test_lines_of_single_users_are_cut_into_shards_by_their_number() -> None:
    data = b'{"userId": "ann"}\n' * 1000
    found = list(shards.cut_texts(len(data), data, 300))
    assert len(found) == 4 and {slices for _, _, slices, _ in found} == {1}
