r"""Lists with names, as a customer would read them.

    python -m benchmarks.quality.lists --movies FOLDER --retail FOLDER --beauty FOLDER --recbole WHEEL \
        --grocery WHEEL --recipe aws-similar-items aws-sims

Each recipe is trained on all events. Lists are printed for items (`--like` parts of their names, or else some
popular ones), for users (`--users` ids, or else some with a usual number of events), and for segments.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import datasets, lake
from tastemaker.columns import CATEGORICAL
from tastemaker.models import Model
from tastemaker.models.affinity import AffinityModel
from tastemaker.models.topk import top_k
from tastemaker.recipes import by_name
from training.config import Config
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.output.evaluate import scorer
from training.pipelines.base import fitted_model
from training.pipelines.registry import pipeline
from training.progress import StopSignal

DATA: dict[str, tuple[str, Callable[[Path], datasets.Data]]] = {
    "movies": ("movies", datasets.movies),
    "ml-100k": ("recbole", datasets.movielens_100k),
    "retail": ("retail", datasets.retail),
    "beauty": ("beauty", datasets.beauty),
    "grocery": ("grocery", datasets.grocery),
}
RECIPES = (
    "aws-similar-items",
    "aws-sims",
    "aws-semantic-similarity",
    "aws-ecomm-frequently-bought-together",
    "aws-popularity-count",
    "aws-trending-now",
    "aws-user-personalization-v2",
    "aws-personalized-ranking-v2",
    "aws-item-affinity",
    "aws-item-attribute-affinity",
)
SHOWN: dict[str, tuple[str, ...]] = {
    "movies": (
        *("Toy Story (1995)", "Aladdin (1992)", "Pulp Fiction (1994)", "Alien (1979)", "Star Wars: E"),
        *("Notting Hill", "Spirited Away", "Finding Nemo (2003)", "Fargo (1996)"),
    ),
    "ml-100k": ("Star Wars", "Fargo", "Toy Story", "Aladdin", "Alien"),
}
ASKED = 5
LENGTH = 10
RERANKED = 20
"""The popular items that are ranked for a user."""


def main(argv: list[str] | None = None) -> None:
    """Train the recipes on the data sets, and print their lists."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality.lists",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for option in ("movies", "recbole", "retail", "beauty", "grocery"):
        parser.add_argument(f"--{option}", type=Path)
    parser.add_argument("--recipe", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--like", nargs="+", default=[], help="parts of names of items to ask for")
    parser.add_argument("--users", nargs="+", help="ids of users to ask for")
    args = parser.parse_args(argv)
    for name, (option, read) in DATA.items():
        if where := getattr(args, option):
            for line in lists(name, read(where), args.recipe, args.like, args.users):
                print(line, flush=True)


def lists(
    name: str,
    data: datasets.Data,
    recipes: Sequence[str],
    like: Sequence[str] = (),
    users: Sequence[str] | None = None,
) -> Iterator[str]:
    """The lines of one data set: for each question a heading, and the names of the items of its list."""
    with tempfile.TemporaryDirectory() as folder:
        path = lake.write(Path(folder), data.tables, categorical=data.categorical, texts=data.texts)
        config = read_config(path)
        prepared = prepare(config, Path(folder))
    names = item_names(data, prepared)
    items = items_like(names, like or SHOWN.get(name, ()), prepared)
    people = [prepared.users.index(user) for user in users] if users else usual_users(prepared)
    for recipe in recipes:
        if recipe == "aws-semantic-similarity" and not data.texts:
            continue
        yield f"\n## {recipe} on {name}\n"
        for heading, found in _answers(replace(config, recipe=recipe), prepared, items, people):
            titles = [names[item] if isinstance(item, int) else item for item in heading]
            yield f"- **{'; '.join(titles)}**: {'; '.join(names[item] for item in found)}"


Answer = tuple[list[int | str], list[int]]
"""What is asked (items and words) and the items of the list."""


def _answers(
    config: Config, prepared: Prepared, items: Sequence[int], people: Sequence[int]
) -> Iterator[Answer]:
    recipe = pipeline(config, checkpoints=None, stop=StopSignal())
    recipe.tune(prepared)
    fitted = recipe.fit(prepared)
    with fitted_model(fitted, prepared, recipe.config, with_histories=True) as model:
        if isinstance(model, AffinityModel):
            yield from _segments(model, prepared, items, by_attribute="attribute" in config.recipe)
        elif model.needs_item:
            for item in items:
                scores = np.array(model.score_item(item))
                scores[item] = -np.inf
                yield [item], top_k(scores, LENGTH).tolist()
        elif by_name(config.recipe).model_name == "sequence":
            yield from _users(model, config, prepared, people)
        else:
            score = scorer(model, prepared)
            yield ["everybody"], top_k(score(0, int(prepared.sequences.lengths[0])), LENGTH).tolist()


def _users(model: Model, config: Config, prepared: Prepared, people: Sequence[int]) -> Iterator[Answer]:
    score = scorer(model, prepared)
    popular = top_k(prepared.sequences.counts(len(prepared.items)).astype(np.float64), RERANKED)
    for user in people:
        newest = _newest(prepared, user)
        scores = score(user, int(prepared.sequences.lengths[user]))
        ranking = "ranking" in config.recipe
        best = popular[np.argsort(-scores[popular])] if ranking else top_k(scores, LENGTH)
        yield ["ranked for a user of" if ranking else "for a user of", *newest], best[:LENGTH].tolist()


def _segments(
    model: AffinityModel, prepared: Prepared, items: Sequence[int], *, by_attribute: bool
) -> Iterator[Answer]:
    """For the best three users of a segment, their newest items."""
    for words, mask in _attributes(prepared) if by_attribute else _single(items, len(prepared.items)):
        scores = model.users_for_attributes(mask)
        for place, user in enumerate(top_k(scores, 3).tolist(), 1):
            yield [*words, f"user {place}"], _newest(prepared, user)


def _newest(prepared: Prepared, user: int) -> list[int]:
    """The distinct items of a user's newest events, newest first."""
    history = prepared.sequences.history(user).items[::-1]
    _, first = np.unique(history, return_index=True)
    return history[np.sort(first)][:LENGTH].tolist()


def _single(items: Sequence[int], count: int) -> Iterator[tuple[list[int | str], NDArray[np.bool_]]]:
    for item in items:
        yield [item], np.arange(count) == item


def _attributes(prepared: Prepared) -> Iterator[tuple[list[int | str], NDArray[np.bool_]]]:
    """The most frequent values of the items' categorical columns."""
    for name, column in prepared.item_columns.items():
        if column.column_type == CATEGORICAL:
            owner = np.repeat(np.arange(len(prepared.items)), np.diff(column.offsets))
            for value in top_k(np.bincount(column.codes).astype(np.float64), 2).tolist():
                mask = np.zeros(len(prepared.items), bool)
                mask[owner[column.codes == value]] = True
                yield [f"{name} {column.vocabulary[value]}"], mask


def item_names(data: datasets.Data, prepared: Prepared) -> list[str]:
    """The name of each item, or else its categories and id."""
    table = data.tables["ITEMS"]
    named = next((column for column, role in data.texts.items() if role == "itemName"), None)
    shown = [named] if named else [column for column in data.categorical if column in table.column_names]
    cells = zip(*(table[column].to_pylist() for column in shown), strict=True)
    told = {
        item: " ".join(str(cell) for cell in row if cell) + ("" if named else f" ({item})")
        for item, row in zip(table["ITEM_ID"].to_pylist(), cells, strict=True)
    }
    return [told.get(item, item) for item in prepared.items.tolist()]


def items_like(names: Sequence[str], parts: Sequence[str], prepared: Prepared) -> list[int]:
    """For each part of a name, the item with most events. Without parts, some popular items."""
    counts = prepared.sequences.counts(len(prepared.items))
    if not parts:
        popular = np.argsort(-counts, kind="stable")[: max(len(counts) // 2, ASKED)]
        return np.sort(np.random.default_rng(3).permutation(popular)[:ASKED]).tolist()
    found = []
    for part in parts:
        items = [item for item, name in enumerate(names) if part.lower() in name.lower()]
        if not items:
            raise SystemExit(f"No item has {part!r} in its name.")
        found.append(max(items, key=counts.__getitem__))
    return found


def usual_users(prepared: Prepared) -> list[int]:
    """Some users whose number of events is the median or a little more."""
    lengths = prepared.sequences.lengths
    order = np.argsort(lengths, kind="stable")
    order = order[lengths[order] > 0]
    return order[len(order) // 2 :][:3].tolist()


if __name__ == "__main__":
    main()
