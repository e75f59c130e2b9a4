"""The rules of `solutionConfig` and of a solution's switches, given its recipe and the group's schemas."""

import re
from collections.abc import Mapping
from typing import Any

from tastemaker.errors import InvalidInput, NotServedYet
from tastemaker.recipes import Parameter, Recipe
from tastemaker.schemas import DATASET_TYPES, Schema
from tastemaker.values import BadValueError, read_number

DEFAULT_SCHEDULE = "rate(7 days)"
Schemas = Mapping[str, Schema]
Config = Mapping[str, Any]


def check_trainable(recipe: Recipe) -> None:
    """Raises NotServedYet for a recipe that has no model yet."""
    if not recipe.trainable:
        raise NotServedYet(f"This release of Tastemaker cannot train {recipe.name} yet.")


def check(recipe: Recipe, request: Config, schemas: Schemas) -> None:
    """Check a CreateSolution request. Raises InvalidInput.

    A column is checked only if its dataset exists, because a solution may be created before its data.
    """
    config = request.get("solutionConfig", {})
    if request.get("performIncrementalUpdate") and not recipe.incremental_update:
        raise InvalidInput(f"performIncrementalUpdate is not supported by {recipe.name}.")
    if request.get("performHPO") and not recipe.tunable:
        raise InvalidInput(f"{recipe.name} does not take performHPO: it has no hyperparameters to optimize.")
    if "autoMLConfig" in config and not request.get("performAutoML"):
        raise InvalidInput("autoMLConfig needs performAutoML=true; without it, the recipe is recipeArn.")
    recipe.hyperparameters_with_defaults(config.get("algorithmHyperParameters", {}))
    recipe.featurization_with_defaults(config.get("featureTransformationParameters", {}))
    if "hpoConfig" in config:
        _check_hpo(recipe, config["hpoConfig"])
    _check_events(recipe, request, config, schemas.get("INTERACTIONS"))
    if "trainingDataConfig" in config:
        check_columns(recipe, config["trainingDataConfig"], schemas)
    if "optimizationObjective" in config:
        _check_objective(recipe, config["optimizationObjective"], schemas.get("ITEMS"))
    if "autoTrainingConfig" in config:
        if request.get("performAutoTraining") is False:
            raise InvalidInput("autoTrainingConfig contradicts performAutoTraining=false; leave one out.")
        days_between_trainings(config)


def check_events_config(recipe: Recipe, events: Config) -> None:
    """Check `eventsConfig`: event types and their weights. Raises InvalidInput."""
    if not recipe.event_weights:
        raise InvalidInput(f"eventsConfig is not supported by {recipe.name}, only by the v2 recipes.")
    types = [one.get("eventType") for one in events.get("eventParametersList", [])]
    if None in types:
        raise InvalidInput("Every entry of eventParametersList needs an eventType.")
    for event_type in types:
        if types.count(event_type) > 1:
            raise InvalidInput(
                f"The event type {event_type!r} is listed more than once in eventParametersList."
            )


def days_between_trainings(config: Config) -> int:
    """N of `rate(N days)`, 7 if `config` has no schedule. Raises InvalidInput outside 1 to 30.

    The default is not stored, because programs compare the `solutionConfig` of DescribeSolution with the one
    that they gave.
    """
    expression = config.get("autoTrainingConfig", {}).get("schedulingExpression", DEFAULT_SCHEDULE)
    match = re.fullmatch(r"rate\((\d+) days?\)", expression)
    days = int(match[1]) if match else 0
    if not 1 <= days <= 30:
        raise InvalidInput(
            f"schedulingExpression is {expression!r}; it must be from rate(1 day) to rate(30 days)."
        )
    return days


def _check_events(recipe: Recipe, request: Config, config: Config, interactions: Schema | None) -> None:
    event_type, threshold = request.get("eventType"), config.get("eventValueThreshold")
    if "eventsConfig" in config:
        if event_type is not None or threshold is not None:
            raise InvalidInput("Give either eventType and eventValueThreshold or eventsConfig, not both.")
        check_events_config(recipe, config["eventsConfig"])
    if threshold is not None:
        try:
            read_number(threshold)
        except BadValueError:
            raise InvalidInput(
                f"eventValueThreshold is {threshold!r}; it must be a number in a string."
            ) from None
    needed = {"EVENT_TYPE"} if event_type is not None or "eventsConfig" in config else set()
    if threshold is not None:
        needed |= {"EVENT_VALUE"}
    for column in sorted(needed):
        if interactions is not None and interactions.field(column) is None:
            raise InvalidInput(f"Selecting events needs the column {column} in the schema of Interactions.")


def check_columns(recipe: Recipe, config: Config, schemas: Schemas) -> None:
    """Check `trainingDataConfig`: columns to exclude or to include. Raises InvalidInput."""
    if "includedDatasetColumns" in config and not recipe.incremental_update:
        raise InvalidInput(
            f"includedDatasetColumns is not supported by {recipe.name}; use excludedDatasetColumns."
        )
    for member in ("excludedDatasetColumns", "includedDatasetColumns"):
        for given, columns in config.get(member, {}).items():
            dataset_type = given.upper()
            if dataset_type not in DATASET_TYPES:
                raise InvalidInput(f"{member} names {given}; dataset types are {', '.join(DATASET_TYPES)}.")
            schema = schemas.get(dataset_type)
            for column in columns:
                if member == "excludedDatasetColumns" and column == "EVENT_TYPE":
                    raise InvalidInput("EVENT_TYPE cannot be excluded from training.")
                if schema is None:
                    continue
                if schema.field(column) is None:
                    raise InvalidInput(
                        f"{member} names {column}, which the schema of {dataset_type} does not have."
                    )
                if (column.endswith("_ID") and column in schema.reserved) or column == "TIMESTAMP":
                    raise InvalidInput(f"{column} is needed for training and cannot be excluded.")


def _check_objective(recipe: Recipe, objective: Config, items: Schema | None) -> None:
    if not recipe.objective:
        raise InvalidInput(f"optimizationObjective is not supported by {recipe.name}.")
    column = objective.get("itemAttribute")
    if column is None:
        raise InvalidInput("optimizationObjective needs an itemAttribute.")
    field = items.field(column) if items is not None else None
    if items is not None and (field is None or not field.number or field.nullable):
        raise InvalidInput(
            f"itemAttribute is {column}; it must be a numeric column of Items that allows no null."
        )


def _check_hpo(recipe: Recipe, config: Config) -> None:
    if not recipe.tunable:
        raise InvalidInput(f"{recipe.name} does not take hpoConfig: it has no hyperparameters to optimize.")
    for member, most in (("maxNumberOfTrainingJobs", 40), ("maxParallelTrainingJobs", 10)):
        text = config.get("hpoResourceConfig", {}).get(member, "1")
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
            raise InvalidInput(f"{member} is {text!r}; it must be a whole number from 1 to {most}.")
    ranges = config.get("algorithmHyperParameterRanges")
    if ranges is None:
        return
    parameters = {one.name: one for one in recipe.hyperparameters if one.tunable}
    for member in ("integer", "continuous", "categorical"):
        given = ranges.get(f"{member}HyperParameterRanges")
        if given is None:
            raise InvalidInput(
                f"algorithmHyperParameterRanges needs {member}HyperParameterRanges; an empty list will do."
            )
        for one in given:
            _check_range(recipe, member, one, parameters.get(one.get("name", "")))


def _check_range(recipe: Recipe, parameter_type: str, given: Config, parameter: Parameter | None) -> None:
    if parameter is None or parameter.parameter_type != parameter_type:
        raise InvalidInput(
            f"{given.get('name')} is no {parameter_type} hyperparameter of {recipe.name} that can be "
            "optimized."
        )
    if parameter_type == "categorical":
        values = given.get("values") or []
        if not values:
            raise InvalidInput(f"The range of {parameter.name} needs values.")
        for value in values:
            parameter.check(value)
        return
    low, high = given.get("minValue", parameter.low), given.get("maxValue", parameter.high)
    if not parameter.low <= low <= high <= parameter.high:
        raise InvalidInput(
            f"The range of {parameter.name} is {low:g} to {high:g}; it must lie within {parameter.low:g} to "
            f"{parameter.high:g}."
        )
