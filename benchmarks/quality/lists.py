r"""Lists with names, as a customer would read them.

    python -m benchmarks.quality.lists --movies FOLDER --retail FOLDER --beauty FOLDER --recbole WHEEL \
        --grocery WHEEL --recipe aws-similar-items aws-sims

Each recipe is trained on all events, or on those of its event type if the data have event types. Lists are
printed for items (`--like` parts of their names, or else some popular ones), for users (`--users` ids, or
else some with a usual number of events) beside their newest items, and for segments. `(again)` marks an item
that the user had already. Use cases of a domain leave out the items that they hide from the user, such as
those already watched. Next best action is trained on planted outcomes (`benchmarks/data/planted_actions.py`).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import datasets, lake, planted_actions
from tastemaker.columns import CATEGORICAL
from tastemaker.models import Model
from tastemaker.models.actions import ActionModel
from tastemaker.models.affinity import AffinityModel
from tastemaker.models.topk import top_k
from tastemaker.recipes import RECIPES, Recipe, by_name
from training.config import Config
from training.config_reader import read_config
from training.data.prepare import prepare
from training.data.prepared import Prepared
from training.errors import NotEnoughDataError
from training.output.bundle_writer import Fitted
from training.output.evaluate import scorer
from training.pipelines.affinity import AffinityPipeline
from training.pipelines.base import fitted_model
from training.pipelines.registry import pipeline
from training.progress import StopSignal

DATA: dict[str, tuple[str, Callable[[Path], datasets.Data], str | None]] = {
    "movies": ("movies", datasets.movies, "VIDEO_ON_DEMAND"),
    "ml-100k": ("recbole", datasets.movielens_100k, None),
    "retail": ("retail", datasets.retail, "ECOMMERCE"),
    "beauty": ("beauty", datasets.beauty, None),
    "grocery": ("grocery", datasets.grocery, "ECOMMERCE"),
}
"""For each data set its option, its reader, and the domain whose use cases suit it."""

PRINTED = tuple(one.name for one in RECIPES if one.trainable and "hrnn" not in one.name)
"""All recipes but the legacy HRNN ones, which train the same model under other names."""

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
    parser.add_argument("--recipe", nargs="+", choices=PRINTED, default=list(PRINTED))
    parser.add_argument("--like", nargs="+", default=[], help="parts of names of items to ask for")
    parser.add_argument("--users", nargs="+", help="ids of users to ask for")
    args = parser.parse_args(argv)
    for name, (option, read, domain) in DATA.items():
        if where := getattr(args, option):
            suitable = [recipe for recipe in args.recipe if by_name(recipe).domain in (None, domain)]
            for line in lists(name, read(where), suitable, args.like, args.users):
                print(line, flush=True)


@dataclass
class Trained:
    """What recipes of one data set share: prepared events by their event type, and equal models."""

    prepared: dict[object, Prepared] = field(default_factory=dict)
    fitted: dict[object, tuple[Fitted, Config]] = field(default_factory=dict)


def lists(
    name: str,
    data: datasets.Data,
    recipes: Sequence[str],
    like: Sequence[str] = (),
    users: Sequence[str] | None = None,
) -> Iterator[str]:
    """The lines of one data set: for each question a heading, and the names of the items of its list."""
    trained = Trained()
    with tempfile.TemporaryDirectory() as folder:
        tables = data.tables | planted_actions.tables(data)
        path = lake.write(Path(folder), tables, categorical=data.categorical, texts=data.texts)
        for recipe in recipes:
            if recipe == "aws-semantic-similarity" and not data.texts:
                continue
            yield f"\n## {recipe} on {name}\n"
            config = _config(path, by_name(recipe), data)
            try:
                prepared = trained.prepared.get(config.rules) or prepare(config, Path(folder))
            except NotEnoughDataError as error:
                yield f"{error}"
                continue
            trained.prepared[config.rules] = prepared
            names = item_names(data, prepared)
            items = items_like(names, like or SHOWN.get(name, ()), prepared)
            people = [prepared.users.index(user) for user in users] if users else usual_users(prepared)
            for heading, found in _answers(config, prepared, items, people, trained, Path(folder)):
                yield f"- **{'; '.join(_names(heading, names))}**: {'; '.join(_names(found, names))}"


def _config(path: Path, recipe: Recipe, data: datasets.Data) -> Config:
    """The configuration of a recipe. Where events have no types, all of them are trained on."""
    document = json.loads(path.read_text())
    document |= {
        "recipe": recipe.name,
        "hyperParameters": recipe.hyperparameters_with_defaults({}),
        "featureTransformationParameters": recipe.featurization_with_defaults({}),
    }
    path.write_text(json.dumps(document))
    config = read_config(path)
    typed = "EVENT_TYPE" in data.tables["INTERACTIONS"].column_names
    return config if typed else replace(config, rules=())


Words = list[int | str]
"""Items and words."""

Answer = tuple[Words, Words]
"""What is asked, and the items of the list."""


def _names(words: Words, names: Sequence[str]) -> list[str]:
    return [names[word] if isinstance(word, int) else word for word in words]


def _answers(
    config: Config,
    prepared: Prepared,
    items: Sequence[int],
    people: Sequence[int],
    trained: Trained,
    root: Path,
) -> Iterator[Answer]:
    recipe = by_name(config.recipe)
    key = (recipe.model_name, recipe.trains_on, config.rules, tuple(sorted(config.hyperparameters.items())))
    if key not in trained.fitted or recipe.model_name != "sequence":
        training = pipeline(config, checkpoints=None, stop=StopSignal())
        training.load(root, prepared)
        training.tune(prepared)
        if isinstance(training, AffinityPipeline):
            training.tune_fading(prepared)
        trained.fitted[key] = training.fit(prepared), training.config
    fitted, config = trained.fitted[key]
    with fitted_model(fitted, prepared, config, with_histories=True) as model:
        if isinstance(model, AffinityModel):
            yield from _segments(model, prepared, items, by_attribute="attribute" in recipe.name)
        elif isinstance(model, ActionModel):
            yield from _actions(model, prepared, people)
        elif model.needs_item:
            for item in items:
                scores = np.array(model.score_item(item))
                scores[item] = -np.inf
                yield [item], list(top_k(scores, LENGTH).tolist())
        elif recipe.model_name == "sequence":
            yield from _users(model, recipe, prepared, people)
        else:
            score = scorer(model, prepared)
            yield ["everybody"], list(top_k(score(0, int(prepared.sequences.lengths[0])), LENGTH).tolist())


def _users(model: Model, recipe: Recipe, prepared: Prepared, people: Sequence[int]) -> Iterator[Answer]:
    score = scorer(model, prepared)
    popular = top_k(prepared.sequences.counts(len(prepared.items)).astype(np.float64), RERANKED)
    ranking = recipe.call == "GetPersonalizedRanking"
    for user in people:
        history = prepared.sequences.history(user)
        scores = np.array(score(user, len(history)))
        scores[history.items[_of_type(prepared, recipe.hides)[history.event_types]]] = -np.inf
        best = popular[np.argsort(-scores[popular])] if ranking else top_k(scores, LENGTH)
        found: Words = []
        for item in best[:LENGTH].tolist():
            found += [item, "(again)"] if item in history.items else [item]
        yield ["ranked for a user of" if ranking else "for a user of", *_newest(prepared, user)], found


def _of_type(prepared: Prepared, name: str | None) -> NDArray[np.bool_]:
    """Which event types have this name, without case; the last entry is for events without a type."""
    return np.array(
        [name is not None and one.casefold() == name.casefold() for one in prepared.event_types] + [False]
    )


def _segments(
    model: AffinityModel, prepared: Prepared, items: Sequence[int], *, by_attribute: bool
) -> Iterator[Answer]:
    """For the best three users of a segment, how many of their events match, and their newest items."""
    for words, mask in _attributes(prepared) if by_attribute else _single(items, len(prepared.items)):
        scores = model.users_for_attributes(mask)
        for place, user in enumerate(top_k(scores, 3).tolist(), 1):
            mine = mask[prepared.sequences.history(user).items]
            matching = f"user {place}, {int(mine.sum())} of {len(mine)} events"
            yield [*words, matching], list(_newest(prepared, user))


def _actions(model: ActionModel, prepared: Prepared, people: Sequence[int]) -> Iterator[Answer]:
    """For a user, the actions with their propensities."""
    for user in people:
        past = model.histories.of(user)
        propensities = model.propensities(prepared.sequences.history(user), past, user)
        allowed = model.available(past, prepared.latest)
        found = model.ranked(propensities, allowed, LENGTH, Random(0))
        yield (
            ["for a user of", *_newest(prepared, user)],
            [f"{model.actions[action]} {score:.2f}" for action, score in found],
        )


def _newest(prepared: Prepared, user: int) -> list[int]:
    """The distinct items of a user's newest events, newest first."""
    history = prepared.sequences.history(user).items[::-1]
    _, first = np.unique(history, return_index=True)
    return history[np.sort(first)][:LENGTH].tolist()


def _single(items: Sequence[int], count: int) -> Iterator[tuple[Words, NDArray[np.bool_]]]:
    for item in items:
        yield [item], np.arange(count) == item


def _attributes(prepared: Prepared) -> Iterator[tuple[Words, NDArray[np.bool_]]]:
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
