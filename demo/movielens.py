"""MovieLens 100K, from the copy in the RecBole package, as the three CSV files that Personalize imports.

    python -m demo.movielens build/films      writes the files for a video service (docs/guides/films.md)

GroupLens allows research and education but no redistribution. So the data are downloaded and never committed:
F. M. Harper and J. A. Konstan, "The MovieLens Datasets: History and Context", ACM TiiS 5(4), 2015.
"""

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

WHEEL = "recbole==1.2.1"
FOLDER = "recbole/dataset_example/ml-100k"

SCHEMAS = {
    "Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
    ],
    "Items": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TITLE", "type": "string"},
        {"name": "GENRES", "type": ["null", "string"], "categorical": True},
        {"name": "YEAR", "type": ["null", "int"]},
    ],
    "Users": [
        {"name": "USER_ID", "type": "string"},
        {"name": "AGE", "type": "int"},
        {"name": "GENDER", "type": "string", "categorical": True},
        {"name": "OCCUPATION", "type": "string", "categorical": True},
    ],
}


@dataclass(frozen=True)
class MovieLens:
    """The data as tables, with the columns of `SCHEMAS`."""

    interactions: pd.DataFrame
    items: pd.DataFrame
    users: pd.DataFrame

    def csv(self, dataset_type: str) -> str:
        """Return a table as the CSV file that a dataset import job reads, with backslash escapes."""
        table: pd.DataFrame = getattr(self, dataset_type.lower())
        return str(table.to_csv(index=False, doublequote=False, escapechar="\\"))


def load(cache: Path) -> MovieLens:
    """Download the data once into `cache` and read them.

    Raises subprocess.CalledProcessError if the package index cannot be reached. Then the cache is unchanged.
    """
    archive = cache / "recbole-1.2.1-py3-none-any.whl"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", "--dest", str(cache), WHEEL], check=True)
    with zipfile.ZipFile(archive) as wheel:
        ratings, films, people = (
            pd.read_csv(wheel.open(f"{FOLDER}/ml-100k.{kind}"), sep="\t", dtype=str)
            for kind in ("inter", "item", "user")
        )
    return MovieLens(_interactions(ratings), _items(films), _users(people))


def write(data: MovieLens, folder: Path) -> list[Path]:
    """The interactions and films as CSV files for a dataset group with the domain VIDEO_ON_DEMAND.

    Events have the type `Watch`. A film counts as created when it is watched first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    first = data.interactions.groupby("ITEM_ID")["TIMESTAMP"].min()
    created = data.items["ITEM_ID"].map(first).fillna(first.min()).astype(int)
    tables = {
        "interactions": data.interactions.assign(EVENT_TYPE="Watch"),
        "items": data.items.assign(CREATION_TIMESTAMP=created),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, doublequote=False, escapechar="\\")
    return [folder / f"{name}.csv" for name in tables]


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Remove RecBole's type suffix from the columns: `user_id:token` becomes `user_id`."""
    return table.rename(columns=lambda name: name.split(":")[0])


def _interactions(ratings: pd.DataFrame) -> pd.DataFrame:
    ratings = _plain(ratings)
    return pd.DataFrame(
        {
            "USER_ID": ratings["user_id"],
            "ITEM_ID": ratings["item_id"],
            "TIMESTAMP": ratings["timestamp"].astype(float).astype(int),
            "EVENT_TYPE": "watch",
        }
    )


def _items(films: pd.DataFrame) -> pd.DataFrame:
    films = _plain(films)
    return pd.DataFrame(
        {
            "ITEM_ID": films["item_id"],
            "TITLE": films["movie_title"].map(_natural),
            "GENRES": films["class"].str.replace(" ", "|").replace("unknown", None),
            "YEAR": pd.to_numeric(films["release_year"], errors="coerce").astype("Int64"),
        }
    )


def _users(people: pd.DataFrame) -> pd.DataFrame:
    people = _plain(people)
    return pd.DataFrame(
        {
            "USER_ID": people["user_id"],
            "AGE": people["age"].astype(int),
            "GENDER": people["gender"],
            "OCCUPATION": people["occupation"],
        }
    )


def _natural(title: str) -> str:
    """Move the article to the front: `Godfather, The` becomes `The Godfather`."""
    for article in (", The", ", A", ", An"):
        if title.endswith(article):
            return f"{article[2:]} {title.removesuffix(article)}"
    return title


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m demo.movielens FOLDER")
    for path in write(load(Path(".cache")), Path(sys.argv[1])):
        print(path)
