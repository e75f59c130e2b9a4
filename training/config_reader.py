"""Read `config.json`, which the control plane writes for each solution version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tastemaker.columns import BOOLEAN, CATEGORICAL, NUMBER, STRING
from tastemaker.contracts.training_config import FORMAT_VERSION, DatasetSource, TrainingConfig, from_json
from tastemaker.recipes import RECIPES, Recipe
from tastemaker.schemas import NUMBERS
from training.config import Config, EventRule, Limits, Objective, Search, Source
from training.errors import BadConfigError


def read_config(path: Path) -> Config:
    """Read config.json. Raises BadConfigError."""
    try:
        return parse_config(from_json(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise BadConfigError(f"There is no configuration at {path}.") from None
    except json.JSONDecodeError as error:
        raise BadConfigError(f"The configuration at {path} is not JSON: {error}.") from None


def parse_config(data: TrainingConfig) -> Config:
    """The typed form of the content of config.json. Raises BadConfigError."""
    if data.get("formatVersion") != FORMAT_VERSION:
        raise BadConfigError(
            f"The configuration has the format version {data.get('formatVersion')!r}. "
            f"This release reads {FORMAT_VERSION}."
        )
    datasets = {name.upper(): _source(name, entry) for name, entry in (data.get("datasets") or {}).items()}
    name = str(data.get("recipe", "")).rsplit("/", 1)[-1]
    recipe = next((one for one in RECIPES if one.name == name), None)
    needs_interactions = recipe is None or "INTERACTIONS" in recipe.needs_datasets
    if "INTERACTIONS" not in datasets:
        if needs_interactions:
            raise BadConfigError("The configuration names no Interactions dataset.")
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
        raise BadConfigError(f"The dataset {name} has no Avro schema in the configuration.")
    columns = tuple((f["name"], _column_type(f)) for f in schema["fields"])
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


def _column_type(avro_field: Mapping[str, Any]) -> str:
    types = avro_field["type"] if isinstance(avro_field["type"], list) else [avro_field["type"]]
    if any(t in NUMBERS for t in types):
        return NUMBER
    if "boolean" in types:
        return BOOLEAN
    return CATEGORICAL if avro_field.get("categorical") else STRING


def _rules(data: TrainingConfig, solution: Mapping[str, Any]) -> tuple[EventRule, ...]:
    """The event rules: `eventsConfig`'s list, or the solution's event type and threshold.

    Without any of them, all events count alike.
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
    threshold = _optional_number(solution.get("eventValueThreshold"))
    if not event_type and threshold is None:
        return ()
    return (EventRule(event_type or None, threshold),)


def _rules_of(recipe: Recipe | None) -> tuple[EventRule, ...]:
    """The event rule of a use case that is trained on one event type only."""
    if recipe is None or recipe.minimum_event_type is None:
        return ()
    return (EventRule(recipe.minimum_event_type),)


def _search(recipe: Recipe, solution: Mapping[str, Any]) -> Search:
    """What performHPO searches: the ranges that the solution names, or all that the recipe can vary."""
    hpo = solution.get("hpoConfig") or {}
    ranges = hpo.get("algorithmHyperParameterRanges") or {}
    given = {
        parameter_type: ranges.get(f"{parameter_type}HyperParameterRanges") or []
        for parameter_type in ("integer", "continuous", "categorical")
    }
    named = any(given.values())
    if not named:
        for one in (one for one in recipe.hyperparameters if one.tunable):
            bounds = {"minValue": one.low, "maxValue": one.high, "values": one.values}
            given[one.parameter_type] = [*given[one.parameter_type], {"name": one.name, **bounds}]
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
