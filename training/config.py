"""config.json, which the control plane writes for each solution version, as a typed value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tastemaker.columns import BOOLEAN, CATEGORICAL, NUMBER, STRING
from tastemaker.contracts.training_config import FORMAT_VERSION, DatasetSource, TrainingConfig, from_json
from tastemaker.recipes import RECIPES, Recipe
from training.errors import BadConfigError

NUMBERS = {"int", "long", "float", "double"}


@dataclass(frozen=True)
class Limits:
    """How much data is needed, and how much is read; the service's own figures unless the configuration
    says else.
    """

    minimum_interactions: int = 1000
    minimum_users: int = 25
    maximum_interactions: int = 3_000_000_000
    maximum_items: int = 5_000_000


@dataclass(frozen=True)
class Source:
    """One dataset: its columns as (name, kind) and where its Parquet files are, relative to the data
    folder. `imported` is the time of each prefix's import, `put` a file of records that were put one at a
    time.
    """

    columns: tuple[tuple[str, str], ...]
    prefixes: tuple[str, ...]
    name_column: str | None = None
    text_column: str | None = None
    imported: tuple[float, ...] = ()
    put: str | None = None

    def kinds(self) -> dict[str, str]:
        """Kind of each column, in the schema's order."""
        return dict(self.columns)


@dataclass(frozen=True)
class EventRule:
    """Which events of one type are trained on, and how much each counts."""

    event_type: str
    threshold: float | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Objective:
    """A number of each item that lists are to be rich in, and how much of their relevance that may cost.
    `sensitivity` is OFF, LOW, MEDIUM or HIGH.
    """

    attribute: str
    sensitivity: str = "OFF"


@dataclass(frozen=True)
class Search:
    """Which hyperparameters are searched: ranges (low, high) of whole numbers and of others, lists of values.

    `named`: the solution gave the ranges itself, else they are the recipe's.
    """

    integers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    numbers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trials: int = 10
    named: bool = False

    @property
    def names(self) -> list[str]:
        """What is searched."""
        return [*self.integers, *self.numbers, *self.choices]

    def __bool__(self) -> bool:
        return bool(self.names)


@dataclass(frozen=True)
class Config:
    """What to train from what. `events` are the prefixes of streamed events. `hyperparameters` and
    `featurization` hold the recipe's defaults too; `given` only what the solution says itself. `previous`
    is the folder of the bundle that an update goes on from, `prepared` that of events that were prepared
    on many machines, instead of interactions and streamed events.
    """

    recipe: str
    datasets: Mapping[str, Source]
    events: tuple[str, ...] = ()
    action_events: tuple[str, ...] = ()
    prepared: str | None = None
    rules: tuple[EventRule, ...] = ()
    excluded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    featurization: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    search: Search = Search()
    objective: Objective | None = None
    previous: str | None = None
    limits: Limits = Limits()
    seed: int = 0
    solution_version_arn: str = ""
    created_at: float = 0.0

    def number(self, name: str, default: float) -> float:
        """A hyperparameter that is a number. Raises BadConfigError."""
        text = self.hyperparameters.get(name)
        if text is None:
            return default
        try:
            return float(text)
        except ValueError:
            raise BadConfigError(f"hyperparameter {name} must be a number, not {text!r}") from None

    def flag(self, name: str, default: bool) -> bool:
        """A hyperparameter that is "true" or "false"."""
        return str(self.hyperparameters.get(name, default)).lower() == "true"

    def with_hyperparameters(self, chosen: Mapping[str, str]) -> Config:
        """The same as if the solution gave these too."""
        return replace(
            self, hyperparameters={**self.hyperparameters, **chosen}, given={**self.given, **chosen}
        )


def read_config(path: Path) -> Config:
    """Read config.json. Raises BadConfigError."""
    try:
        return parse_config(from_json(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise BadConfigError(f"there is no configuration at {path}") from None
    except json.JSONDecodeError as error:
        raise BadConfigError(f"the configuration at {path} is not JSON: {error}") from None


def parse_config(data: TrainingConfig) -> Config:
    """The typed form of config.json's content. Raises BadConfigError."""
    if data.get("formatVersion") != FORMAT_VERSION:
        raise BadConfigError(
            f"configuration format {data.get('formatVersion')!r} is not {FORMAT_VERSION}, which is read here"
        )
    datasets = {name.upper(): _source(name, entry) for name, entry in (data.get("datasets") or {}).items()}
    name = str(data.get("recipe", "")).rsplit("/", 1)[-1]
    recipe = next((one for one in RECIPES if one.name == name), None)
    needs_interactions = recipe is None or "INTERACTIONS" in recipe.needs_datasets
    if "INTERACTIONS" not in datasets:
        if needs_interactions:
            raise BadConfigError("the configuration names no Interactions dataset")
        datasets["INTERACTIONS"] = Source((), ())
    solution = data.get("solutionConfig") or {}
    excluded = (solution.get("trainingDataConfig") or {}).get("excludedDatasetColumns") or {}
    return Config(
        recipe=name,
        datasets=datasets,
        events=tuple(data.get("events") or ()),
        action_events=tuple(data.get("actionEvents") or ()),
        prepared=data.get("prepared"),
        rules=_rules(data, solution) or _rules_of(recipe),
        excluded={name.upper(): frozenset(columns) for name, columns in excluded.items()},
        hyperparameters={name: str(value) for name, value in (data.get("hyperParameters") or {}).items()},
        featurization={
            name: str(value) for name, value in (data.get("featureTransformationParameters") or {}).items()
        },
        given={
            name: str(value)
            for member in ("algorithmHyperParameters", "featureTransformationParameters")
            for name, value in (solution.get(member) or {}).items()
        },
        search=_search(recipe, solution) if data.get("performHPO") and recipe is not None else Search(),
        objective=_objective(solution.get("optimizationObjective") or {}),
        previous=data.get("previous") or None,
        limits=_limits(data.get("quotas") or {}) if needs_interactions else Limits(0, 0),
        seed=int(data.get("seed") or 0),
        solution_version_arn=str(data.get("solutionVersionArn") or ""),
        created_at=float(data.get("createdAt") or 0.0),
    )


def _source(name: str, entry: DatasetSource) -> Source:
    schema = entry.get("schema")
    if isinstance(schema, str):
        schema = json.loads(schema)
    if not isinstance(schema, Mapping) or "fields" not in schema:
        raise BadConfigError(f"dataset {name} has no Avro schema in the configuration")
    columns = tuple((f["name"], _kind(f)) for f in schema["fields"])
    marked = {
        mark: next((f["name"] for f in schema["fields"] if f.get(mark)), None)
        for mark in ("itemName", "textual")
    }
    return Source(
        columns,
        tuple(entry.get("prefixes") or ()),
        marked["itemName"],
        marked["textual"],
        tuple(float(at) for at in entry.get("imported") or ()),
        entry.get("put"),
    )


def _kind(avro_field: Mapping[str, Any]) -> str:
    types = avro_field["type"] if isinstance(avro_field["type"], list) else [avro_field["type"]]
    if any(t in NUMBERS for t in types):
        return NUMBER
    if "boolean" in types:
        return BOOLEAN
    return CATEGORICAL if avro_field.get("categorical") else STRING


def _rules(data: TrainingConfig, solution: Mapping[str, Any]) -> tuple[EventRule, ...]:
    """Top-level eventType with its threshold, or eventsConfig's list; none means that every event counts
    alike.
    """
    listed = (solution.get("eventsConfig") or {}).get("eventParametersList") or ()
    if listed:
        return tuple(
            EventRule(
                e["eventType"], _optional_number(e.get("eventValueThreshold")), float(e.get("weight", 1.0))
            )
            for e in listed
        )
    event_type = data.get("eventType") or solution.get("eventType")
    if not event_type:
        return ()
    return (EventRule(str(event_type), _optional_number(solution.get("eventValueThreshold"))),)


def _rules_of(recipe: Recipe | None) -> tuple[EventRule, ...]:
    """A use case that is about one type of event is trained on that type only."""
    if recipe is None or recipe.minimum_event_type is None:
        return ()
    return (EventRule(recipe.minimum_event_type),)


def _search(recipe: Recipe, solution: Mapping[str, Any]) -> Search:
    """What performHPO searches: the ranges that the solution names, else all that the recipe can vary."""
    hpo = solution.get("hpoConfig") or {}
    ranges = hpo.get("algorithmHyperParameterRanges") or {}
    given = {
        kind: ranges.get(f"{kind}HyperParameterRanges") or []
        for kind in ("integer", "continuous", "categorical")
    }
    named = any(given.values())
    if not named:
        for one in (one for one in recipe.hyperparameters if one.tunable):
            bounds = {"minValue": one.low, "maxValue": one.high, "values": one.values}
            given[one.kind] = [*given[one.kind], {"name": one.name, **bounds}]
    bounded = {one.name: (one.low, one.high) for one in recipe.hyperparameters}

    def limits(one: Mapping[str, Any]) -> tuple[float, float]:
        low, high = bounded[one["name"]]
        return float(one.get("minValue", low)), float(one.get("maxValue", high))

    return Search(
        {one["name"]: (int(limits(one)[0]), int(limits(one)[1])) for one in given["integer"]},
        {one["name"]: limits(one) for one in given["continuous"]},
        {one["name"]: tuple(one["values"]) for one in given["categorical"]},
        int((hpo.get("hpoResourceConfig") or {}).get("maxNumberOfTrainingJobs") or Search.trials),
        named,
    )


def _objective(given: Mapping[str, Any]) -> Objective | None:
    attribute, sensitivity = given.get("itemAttribute"), str(given.get("objectiveSensitivity") or "OFF")
    return Objective(str(attribute), sensitivity.upper()) if attribute else None


def _optional_number(value: Any) -> float | None:
    return None if value in (None, "") else float(value)


def _limits(quotas: Mapping[str, Any]) -> Limits:
    given = {
        "minimum_interactions": quotas.get("minimumInteractions"),
        "minimum_users": quotas.get("minimumUsers"),
        "maximum_interactions": quotas.get("maximumInteractions"),
        "maximum_items": quotas.get("maximumItems"),
    }
    return Limits(**{name: int(value) for name, value in given.items() if value is not None})
