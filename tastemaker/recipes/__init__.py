"""The catalog of recipes: their parameters, what they need, and what they serve."""

from tastemaker.recipes.catalog import RECIPES, algorithm, by_arn, by_name, describe, feature_transformation
from tastemaker.recipes.recipe import FeatureTransformation, Parameter, Recipe

__all__ = [
    "RECIPES",
    "FeatureTransformation",
    "Parameter",
    "Recipe",
    "algorithm",
    "by_arn",
    "by_name",
    "describe",
    "feature_transformation",
]
