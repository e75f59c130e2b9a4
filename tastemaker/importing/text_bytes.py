"""Fast answers about a column of text, from its bytes: they rule out rare cells without looking at each one.

The buffers of an Arrow array may have more than its cells, so an answer is "certainly not" or "possibly".
"""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa


def text_of(cells: pa.Array) -> np.ndarray:
    """The bytes of all cells, one after another: uint8[bytes]."""
    buffer = cells.buffers()[2]
    return np.frombuffer(buffer, np.uint8) if buffer is not None and buffer.size else np.zeros(0, np.uint8)


def is_ascii(cells: pa.Array) -> bool:
    """Whether all bytes are ASCII, which makes the texts valid UTF-8."""
    text = text_of(cells)
    return not len(text) or int(text.max()) < 128


def may_have_blanks(cells: pa.Array) -> bool:
    """Whether some byte may belong to a blank: a space, a control character, or not ASCII."""
    text = text_of(cells)
    return bool(len(text)) and (int(text.min()) <= ord(" ") or int(text.max()) >= 128)


def may_have_letters(cells: pa.Array) -> bool:
    """Whether some byte may belong to a letter."""
    text = text_of(cells)
    return bool(len(text)) and int(text.max()) >= ord("A")


def may_contain(cells: pa.Array, character: str) -> bool:
    """Whether some byte is this ASCII character."""
    return bool((text_of(cells) == ord(character)).any())


class ShortTexts:
    """A set of short ASCII texts that a column is searched for."""

    def __init__(self, texts: Iterable[str]) -> None:
        listed = list(texts)
        self.texts = pa.array(listed, pa.string())
        self.max_length = max(map(len, listed))
        self._last = np.zeros(256, bool)
        self._last[[ord(text[-1]) for text in listed]] = True

    def candidates(self, cells: pa.Array) -> pa.Array:
        """The cells without nulls that may be in the set: those of its lengths that end as its texts do."""
        text, offsets = text_of(cells), np.frombuffer(cells.buffers()[1], np.int32)
        ends = offsets[cells.offset : cells.offset + len(cells) + 1]
        if not len(text):
            return cells.slice(0, 0)
        (rows,) = self._last[text[ends[1:] - 1]].nonzero()
        lengths = ends[rows + 1] - ends[rows]
        return cells.take(pa.array(rows[(lengths > 0) & (lengths <= self.max_length)]))
