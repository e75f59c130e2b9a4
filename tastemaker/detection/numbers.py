"""Numbers as people and programs write them: `1234.5`, `1.234,50 €`, `$1,234.50`, `12,5`."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

POINT, COMMA = "point", "comma"
"""The decimal sign of a column."""

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z")
_SIGNS = "[\\s\u00a0\u202f€$£¥₹₽%]|EUR|USD|GBP|CHF|PLN|kr|zł"
_GROUPED_POINT = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"
_GROUPED_COMMA = r"[+-]?\d{1,3}(?:[.']\d{3})+(?:,\d+)?"
_ANY_POINT = rf"(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|{_GROUPED_POINT})"
_ANY_COMMA = rf"(?:[+-]?\d+(?:,\d+)?|{_GROUPED_COMMA})"


def looks_like_number(text: str) -> bool:
    """Whether a cell is a number, in either decimal sign."""
    text = re.sub(_SIGNS, "", text)
    return bool(_PLAIN.match(text) or re.fullmatch(_ANY_POINT, text) or re.fullmatch(_ANY_COMMA, text))


def decimal_sign(cells: pa.Array) -> str | None:
    """The decimal sign of distinct non-empty texts, or None if fewer than nine in ten are numbers."""
    if not len(cells):
        return None
    plain = _without_signs(cells)
    shares = {
        sign: (pc.mean(pc.cast(pc.match_substring_regex(plain, rf"^{pattern}$"), pa.int8())).as_py() or 0.0)
        for sign, pattern in ((POINT, _ANY_POINT), (COMMA, _ANY_COMMA))
    }
    best = max(shares.values())
    if best < 0.9:
        return None
    if shares[POINT] == shares[COMMA] and pc.any(pc.match_substring_regex(plain, r",\d{3}$")).as_py():
        return POINT  # 1,234 in all cells: thousands are grouped
    return POINT if shares[POINT] >= shares[COMMA] else COMMA


def read(cells: pa.Array, sign: str) -> pa.Array:
    """A column of texts as float64. Cells that are no number are null."""
    plain = _without_signs(cells)
    pattern = _ANY_POINT if sign == POINT else _ANY_COMMA
    good = pc.match_substring_regex(plain, rf"^{pattern}$")
    plain = pc.if_else(pc.fill_null(good, False), plain, pa.scalar(None, pa.string()))
    if sign == POINT:
        plain = pc.replace_substring(plain, ",", "")
    else:
        plain = pc.replace_substring(pc.replace_substring_regex(plain, r"[.']", ""), ",", ".")
    return pc.cast(plain, pa.float64())


def are_whole(numbers: pa.Array) -> bool:
    """Whether all numbers that are not null are whole."""
    values = numbers.drop_null().to_numpy(zero_copy_only=False)
    return bool(np.all(np.isfinite(values)) and np.all(values == np.floor(values)))


def _without_signs(cells: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(cells, rf"(?i){_SIGNS}", "")
