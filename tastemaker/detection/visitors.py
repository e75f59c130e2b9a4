"""Who acted where nobody has logged in: a session, a cookie, or a device."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.detection.naming import tokens, words
from tastemaker.detection.profiles import present

VISITOR = words("session cookie device visitor visitant anonymous guest browser distinct")
"""Words in the names of columns that tell visitors apart who have not logged in."""

ABOUT_VISITORS = words("name type number count start duration length category model")
"""Words in the names of columns that say something about a visitor."""

MIN_FILLED = 0.5
"""The share of the rows without a user that the column must fill."""

MIN_VISITORS, MAX_ROWS_EACH = 10, 50
"""The fewest visitors, and the most rows of each on average. A column with fewer values has kinds of them."""


def visitor_column(user: str, candidates: Iterable[str], sample: pa.Table) -> str:
    """The first of the candidates that tells apart who acted where the column `user` is empty; "" for none.

    Its values there must not be users as well: session 7 is not user 7.
    """
    cells = present(sample.column(user).combine_chunks())
    empty = pc.is_null(cells)
    for name in candidates:
        said = set(tokens(name))
        if not said & VISITOR or said & ABOUT_VISITORS:
            continue
        found = present(sample.column(name).combine_chunks()).filter(empty).drop_null()
        distinct = found.unique()
        is_filled = len(found) >= MIN_FILLED * (pc.sum(empty).as_py() or 0)
        are_many = len(distinct) >= max(MIN_VISITORS, len(found) / MAX_ROWS_EACH)
        are_users = pc.any(pc.is_in(distinct, value_set=cells.drop_null().unique())).as_py()
        if is_filled and are_many and not are_users:
            return name
    return ""
