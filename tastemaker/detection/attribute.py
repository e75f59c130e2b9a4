"""A column of a dataset, from a column of a file, and how its cells are read."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.detection import numbers
from tastemaker.detection.profiles import present
from tastemaker.detection.times import TimeFormat
from tastemaker.notation import SEPARATOR
from tastemaker.schemas import MAX_CATEGORY_LENGTH, Field
from tastemaker.values import MAX_TIME, MIN_TIME, OLDEST_CREATION

TEXT, NUMBER, LIST, CREATED = "text", "number", "list", "created"
"""How the cells of an attribute are read."""


@dataclass(frozen=True)
class Attribute:
    """A column of a dataset, from a column of a file. `separator` divides the values of a list."""

    column: str
    field: Field
    reader: str = TEXT
    separator: str = ""
    decimal_sign: str = numbers.POINT
    time_format: TimeFormat | None = None

    def read(self, cells: pa.Array, zone: str = "UTC") -> pa.Array:
        """The cells as text of a file that an import reads. Cells that cannot be read are null."""
        cells = present(cells)
        if self.reader == NUMBER:
            found = numbers.read(cells, self.decimal_sign)
            if self.field.type in ("int", "long"):
                return pc.cast(pc.cast(pc.floor(found), pa.int64(), safe=False), pa.string())
            return pc.cast(found, pa.string())
        if self.reader == LIST:
            return _joined(cells, self.separator)
        if self.reader == CREATED and self.time_format is not None:
            return pc.cast(_created(self.time_format.read(cells, zone)), pa.string())
        limit = MAX_CATEGORY_LENGTH if self.field.categorical else 20_000
        return pc.utf8_slice_codeunits(cells, 0, limit)


@dataclass(frozen=True)
class LeftOut:
    """A column that is not imported."""

    column: str
    why: str


def _created(seconds: pa.Array) -> pa.Array:
    """Creation times. Those before 1973 are at a whole hour, and what an import would refuse is null."""
    old = pc.less(seconds, MIN_TIME)
    seconds = pc.if_else(old, pc.multiply(pc.divide(seconds, 3600), 3600), seconds)
    good = pc.and_(pc.greater(seconds, OLDEST_CREATION), pc.less_equal(seconds, MAX_TIME))
    return pc.if_else(pc.fill_null(good, False), seconds, pa.scalar(None, pa.int64()))


def _joined(cells: pa.Array, separator: str) -> pa.Array:
    if separator == "[":
        cells = pc.replace_substring_regex(cells, r"""^\[\s*['"]?|['"]?\s*\]$""", "")
        cells = pc.replace_substring_regex(cells, r"""['"]?\s*,\s*['"]?""", SEPARATOR)
    elif separator != SEPARATOR:
        cells = pc.replace_substring(cells, separator, SEPARATOR)
    cells = pc.replace_substring_regex(cells, r"\s*\|\s*", SEPARATOR)
    cells = pc.utf8_trim(cells, SEPARATOR + " ")
    return pc.utf8_slice_codeunits(cells, 0, MAX_CATEGORY_LENGTH)
