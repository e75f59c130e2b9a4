"""Find recipes, algorithms and feature transformations by name or ARN, and describe them."""

from typing import Any

from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.recipes.custom import CUSTOM
from tastemaker.recipes.domain import USE_CASES
from tastemaker.recipes.recipe import FeatureTransformation, Parameter, Recipe

RECIPES: tuple[Recipe, ...] = tuple(sorted((*CUSTOM, *USE_CASES), key=lambda recipe: recipe.name))
_BY_NAME = {recipe.name: recipe for recipe in RECIPES}


def by_name(name: str) -> Recipe:
    """The recipe with this name, such as `aws-sims`. Raises ResourceNotFound."""
    recipe = _BY_NAME.get(name)
    if recipe is None:
        raise ResourceNotFound(f"There is no recipe {name}; ListRecipes names all of them.")
    return recipe


def by_arn(arn: str) -> Recipe:
    """The recipe of an ARN.

    Raises InvalidInput if the ARN is not that of a recipe, and ResourceNotFound if there is no such recipe.
    """
    return by_name(_name_in(arn, "recipe"))


def algorithm(arn: str) -> dict[str, Any]:
    """The answer of DescribeAlgorithm. Raises InvalidInput or ResourceNotFound."""
    name = _name_in(arn, "algorithm")
    recipe = next((recipe for recipe in RECIPES if recipe.algorithm_name == name), None)
    if recipe is None:
        raise ResourceNotFound(f"There is no algorithm {name}; DescribeRecipe names a recipe's algorithm.")
    parameters = recipe.hyperparameters
    return {
        "name": name,
        "algorithmArn": arn,
        "algorithmImage": {"name": name, "dockerURI": "tastemaker/training"},
        "defaultHyperParameters": {parameter.name: parameter.default for parameter in parameters},
        "defaultHyperParameterRanges": _ranges(parameters),
        "defaultResourceConfig": {"maxNumberOfTrainingJobs": "1", "maxParallelTrainingJobs": "1"},
        "trainingInputMode": "File",
        "creationDateTime": recipe.created,
        "lastUpdatedDateTime": recipe.created,
    }


def feature_transformation(arn: str) -> dict[str, Any]:
    """The answer of DescribeFeatureTransformation. Raises InvalidInput or ResourceNotFound."""
    name = _name_in(arn, "feature-transformation")
    users = [recipe for recipe in RECIPES if recipe.feature_transformation.name == name]
    if not users:
        raise ResourceNotFound(
            f"There is no feature transformation {name}; DescribeRecipe names a recipe's feature "
            "transformation."
        )
    transformation: FeatureTransformation = users[0].feature_transformation
    created = min(recipe.created for recipe in users)
    return {
        "name": name,
        "featureTransformationArn": arn,
        "defaultParameters": {one.name: one.default for one in transformation.parameters},
        "creationDateTime": created,
        "lastUpdatedDateTime": created,
        "status": "ACTIVE",
    }


def describe(recipe: Recipe) -> dict[str, Any]:
    """A recipe with the members of DescribeRecipe and ListRecipes."""
    return {
        "name": recipe.name,
        "recipeArn": recipe.arn,
        "algorithmArn": recipe.algorithm_arn,
        "featureTransformationArn": recipe.feature_transformation.arn,
        "status": recipe.status,
        "description": recipe.description,
        "creationDateTime": recipe.created,
        "lastUpdatedDateTime": recipe.created,
        "recipeType": recipe.type,
        "domain": recipe.domain,
    }


def _ranges(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    def bounded(parameter_type: str, number: type) -> list[dict[str, Any]]:
        return [
            {
                "name": one.name,
                "minValue": number(one.low),
                "maxValue": number(one.high),
                "isTunable": one.tunable,
            }
            for one in parameters
            if one.parameter_type == parameter_type
        ]

    return {
        "integerHyperParameterRanges": bounded("integer", int),
        "continuousHyperParameterRanges": bounded("continuous", float),
        "categoricalHyperParameterRanges": [
            {"name": one.name, "values": list(one.values), "isTunable": one.tunable}
            for one in parameters
            if one.parameter_type == "categorical"
        ],
    }


def _name_in(arn: str, resource: str) -> str:
    suffix = arn.split(":", 5)[-1]
    found, _, name = suffix.partition("/")
    if found != resource or not name:
        raise InvalidInput(
            f"{arn} is not the ARN of a {resource}; one looks like arn:aws:personalize:::{resource}/<name>."
        )
    return name
