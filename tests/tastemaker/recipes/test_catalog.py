from datetime import UTC, date, datetime

import pytest

from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.recipes import RECIPES, algorithm, by_arn, by_name, describe, feature_transformation
from tastemaker.wire.models import service_model
from tastemaker.wire.parsing import read
from tastemaker.wire.serialization import write

PERSONALIZE_CUSTOM_RECIPES = {
    "aws-hrnn",
    "aws-hrnn-coldstart",
    "aws-hrnn-metadata",
    "aws-item-affinity",
    "aws-item-attribute-affinity",
    "aws-next-best-action",
    "aws-personalized-ranking",
    "aws-personalized-ranking-v2",
    "aws-popularity-count",
    "aws-semantic-similarity",
    "aws-similar-items",
    "aws-sims",
    "aws-trending-now",
    "aws-user-personalization",
    "aws-user-personalization-v2",
}
"""The custom recipes of Amazon Personalize. The catalog may have more."""


def test_catalog_is_complete_and_sorted_by_name():
    names = [recipe.name for recipe in RECIPES]
    assert names == sorted(set(names))
    assert {recipe.name for recipe in RECIPES if recipe.domain is None} >= PERSONALIZE_CUSTOM_RECIPES
    assert len([recipe for recipe in RECIPES if recipe.domain == "ECOMMERCE"]) == 5
    assert len([recipe for recipe in RECIPES if recipe.domain == "VIDEO_ON_DEMAND"]) == 5


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_can_be_described(recipe):
    model = service_model("personalize")
    assert by_arn(recipe.arn) is recipe
    document = describe(recipe)
    assert read(document, model.shape_for("Recipe"))["recipeType"] == recipe.type
    assert ("domain" in write(document, model.shape_for("RecipeSummary"))) == (recipe.domain is not None)
    found = algorithm(document["algorithmArn"])
    assert read(found, model.shape_for("Algorithm"))["defaultHyperParameters"] == {
        one.name: one.default for one in recipe.hyperparameters
    }
    prepared = feature_transformation(document["featureTransformationArn"])
    assert read(prepared, model.shape_for("FeatureTransformation"))["status"] == "ACTIVE"
    assert recipe.featurization_with_defaults({}) == prepared["defaultParameters"]


def test_recipes_have_the_dates_that_the_service_shows():
    """The dates that the notebooks of AWS's immersion day recorded in 2024."""
    created = {recipe.name: datetime.fromtimestamp(recipe.created, UTC).date() for recipe in RECIPES}
    assert {created[recipe.name] for recipe in RECIPES if recipe.domain} == {date(2019, 6, 10)}
    assert (
        created["aws-user-personalization-v2"] == created["aws-personalized-ranking-v2"] == date(2024, 1, 1)
    )
    assert created["aws-trending-now"] == date(2022, 10, 1)
    assert created["aws-next-best-action"] == date(2023, 8, 11)
    assert created["aws-item-affinity"] == date(2021, 7, 15)
    assert created["aws-item-attribute-affinity"] == date(2021, 8, 25)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_defaults_are_within_their_ranges(recipe):
    for parameter in (*recipe.hyperparameters, *recipe.feature_transformation.parameters):
        parameter.check(parameter.default)


def test_recipes_have_arns_and_other_arns_are_refused():
    assert (
        by_name("aws-trending-now").algorithm_arn == "arn:aws:personalize:::algorithm/aws-trending-now-custom"
    )
    assert (
        by_name("aws-sims").feature_transformation.arn == "arn:aws:personalize:::feature-transformation/sims"
    )
    for arn in ("arn:aws:personalize:::algorithm/aws-sims", "arn:aws:personalize:::recipe/"):
        with pytest.raises(InvalidInput):
            by_arn(arn)
    with pytest.raises(ResourceNotFound):
        by_arn("arn:aws:personalize:::recipe/aws-nothing")
    with pytest.raises(ResourceNotFound):
        algorithm("arn:aws:personalize:::algorithm/aws-nothing")
    with pytest.raises(ResourceNotFound):
        feature_transformation("arn:aws:personalize:::feature-transformation/nothing")


def test_hyperparameters_are_checked_and_completed():
    recipe = by_name("aws-user-personalization")
    assert recipe.hyperparameters_with_defaults({"bptt": "16"}) == {
        "hidden_dimension": "149",
        "bptt": "16",
        "recency_mask": "true",
    }


@pytest.mark.parametrize(
    ("name", "given", "say"),
    [
        ("aws-user-personalization", {"depth": "3"}, "depth is no hyperparameter"),
        ("aws-user-personalization", {"bptt": "33"}, "from 2 to 32"),
        ("aws-user-personalization", {"bptt": "2.5"}, "must be a number"),
        ("aws-user-personalization-v2", {"apply_recency_bias": "maybe"}, "allowed are true, false"),
        ("aws-similar-items", {"item_id_hidden_dim": "50"}, "hpoConfig"),
        ("aws-popularity-count", {"x": "1"}, "it has: none"),
        (
            "aws-trending-now",
            {"trend_discovery_frequency": "30 minutes"},
            "belongs in featureTransformationParameters",
        ),
    ],
)
def test_bad_hyperparameters_are_explained(name, given, say):
    with pytest.raises(InvalidInput, match=say):
        by_name(name).hyperparameters_with_defaults(given)


def test_trend_discovery_frequency_has_a_default_and_is_checked():
    recipe = by_name("aws-trending-now")
    assert recipe.featurization_with_defaults({}) == {"trend_discovery_frequency": "2 hours"}
    with pytest.raises(InvalidInput):
        recipe.featurization_with_defaults({"trend_discovery_frequency": "5 hours"})


def test_hyperparameter_among_the_featurization_is_sent_to_its_place():
    with pytest.raises(InvalidInput, match="bptt belongs in algorithmHyperParameters"):
        by_name("aws-user-personalization").featurization_with_defaults({"bptt": "16"})
