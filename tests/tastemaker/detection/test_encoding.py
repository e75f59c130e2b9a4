"""Encodings of text files."""

import io

import pytest

from tastemaker.detection.encoding import Utf8Text, detect

TEXT = "größe,prix,José\n1,2,3\n"


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"])
def test_text_is_the_same_in_every_encoding(name: str) -> None:
    data = TEXT.encode(name)
    stream = Utf8Text(io.BytesIO(data), detect(data))  # type: ignore[arg-type]
    assert stream.read().decode() == TEXT and stream.damaged == 0


def test_utf_16_without_a_mark_and_russian_are_detected() -> None:
    assert detect("user,item\n".encode("utf-16-le")) == "utf-16-le"
    assert detect("пользователь,товар,дата\n".encode("cp1251")) == "cp1251"


def test_damaged_bytes_are_counted_and_do_not_change_the_encoding() -> None:
    data = ("größe " * 50).encode() + b"\xff\n"
    stream = Utf8Text(io.BytesIO(data), detect(data))  # type: ignore[arg-type]
    assert "größe" in stream.read().decode() and stream.damaged == 1


def test_lines_are_skipped_and_long_separators_replaced() -> None:
    stream = Utf8Text(io.BytesIO(b"# a\n# b\n1::2::3\n"), "utf-8", ("::", "\x1f"), skip_lines=2)  # type: ignore[arg-type]
    assert stream.read() == b"1\x1f2\x1f3\n"
