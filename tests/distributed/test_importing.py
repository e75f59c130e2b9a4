"""Tests that an import on Spark has the same rows, counts and errors as an import in one function."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyspark", reason="PySpark is not installed: make test-spark runs these tests")

from distributed import importing
from tastemaker.failures import WorkFailedError
from tastemaker.importing.storage import Folder
from tastemaker.schemas import Field
from tests.standard_schemas import EVENTS
from tests.tastemaker.importing.support import ImportFolder

ITEMS = [Field("ITEM_ID", "string"), Field("YEAR", "long"), Field("TITLE", "string", nullable=True)]
SIZE = 4000
"""Bytes of a slice. It is small, so that small files are cut."""


@pytest.fixture
def folder(tmp_path: Path) -> ImportFolder:
    return ImportFolder(tmp_path)


def open_storage(root: Path) -> tuple[Folder, Folder]:
    return Folder(root), Folder(root)


def both(spark, folder: ImportFolder, fields: list[Field], location: str = "s3://data/in/") -> tuple:
    """The result or the failure reason, and the rows, of one function and of Spark."""
    answers = []
    work = partial(importing.run, spark, partial(open_storage, folder.root), fields, "run/", location, SIZE)
    for run in (partial(folder.run, fields, location), work):
        try:
            answer = {name: value for name, value in run().items() if name != "parts"}
        except WorkFailedError as error:
            answer = str(error)
        answers.append((answer, folder.rows()))
    return tuple(answers)


def events(seed: int, count: int, quote: str = "") -> str:
    rng = np.random.default_rng(seed)
    rows = zip(
        rng.integers(0, 99, count),
        rng.integers(0, 99, count),
        rng.integers(10**9, 16 * 10**8, count),
        strict=True,
    )
    lines = [f"{quote}u{user}{quote},{'' if item else ' '}i{item},{time}\n" for user, item, time in rows]
    return "USER_ID,ITEM_ID,TIMESTAMP\n" + "".join(lines)


def test_rows_their_order_and_the_counts_are_the_same(spark, folder: ImportFolder) -> None:
    folder.put("in/a.csv", events(1, 2000))
    folder.put("in/b.csv", events(2, 300, quote='"'))  # not cut: it is quoted
    folder.put("in/c.csv", "TIMESTAMP,COLOR,USER_ID,ITEM_ID\r\n\r\n1600000007,red,u,i")
    alone, together = both(spark, folder, EVENTS)
    assert together == alone
    assert alone[0]["rows"] == len(alone[1]) == 2301


@pytest.mark.parametrize(
    ("line", "bad"),
    [(1500, "u,i,soon"), (1500, "u,,5"), (1899, "u,i"), (2, "u,i,1600000000000"), (900, "u,i," + "9" * 30)],
)
def test_first_bad_row_has_the_same_message(spark, folder: ImportFolder, line: int, bad: str) -> None:
    lines = events(1, 2000).splitlines()
    lines[line - 1] = lines[1899] = bad
    folder.put("in/a.csv", events(3, 400))
    folder.put("in/b.csv", "\n".join(lines))
    alone, together = both(spark, folder, EVENTS)
    assert together == alone
    assert f"in/b.csv, line {line}" in alone[0] and alone[1] == []


def test_same_bad_cells_become_null(spark, folder: ImportFolder) -> None:
    years = ["x" if number % 700 == 0 else str(1900 + number % 100) for number in range(3000)]
    folder.put("in/a.csv", "ITEM_ID,YEAR,TITLE\n" + "".join(f"i{n},{y},t\n" for n, y in enumerate(years)))
    alone, together = both(spark, folder, ITEMS)
    assert together == alone
    assert sum(row["YEAR"] is None for row in alone[1]) == 5
    folder.put("in/b.csv", "ITEM_ID,YEAR,TITLE\n" + "i,x,t\n" * 9)
    alone, together = both(spark, folder, ITEMS)
    assert together == alone and "line 2, column YEAR" in alone[0]


@pytest.mark.parametrize(
    "content",
    [
        "USER_ID,ITEM_ID\nu,i\n",
        "USER_ID,ITEM_ID,TIMESTAMP\n",
        "",
        b"\xff\xfe",
        "USER_ID,ITEM_ID,TIMESTAMP\n\xff",
    ],
)
def test_files_without_data_have_the_same_error(spark, folder: ImportFolder, content: str | bytes) -> None:
    folder.put("in/a.csv", content)
    alone, together = both(spark, folder, EVENTS)
    assert together == alone and isinstance(alone[0], str)
