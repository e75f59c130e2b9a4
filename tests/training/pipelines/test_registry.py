"""Every recipe finds a pipeline, and unknown names are refused."""

import pytest

from tastemaker.models import MODELS, Model
from tastemaker.recipes import RECIPES, Recipe
from training.config import Config
from training.errors import BadConfigError
from training.pipelines.base import PIPELINES, Pipeline
from training.pipelines.registry import pipeline
from training.progress import StopSignal


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_has_a_pipeline(recipe: Recipe) -> None:
    assert recipe.trainable
    assert recipe.model_name in PIPELINES


def test_every_pipeline_trains_a_recipe() -> None:
    assert set(PIPELINES) == {recipe.model_name for recipe in RECIPES}


def test_update_is_trained_by_its_own_pipeline() -> None:
    config = Config("aws-user-personalization", {}, previous="groups/shop/models/v/1/")
    assert type(pipeline(config, checkpoints=None, stop=StopSignal())).__name__ == "UpdatePipeline"


def test_unknown_recipe_is_refused_with_the_names_of_all_others() -> None:
    with pytest.raises(BadConfigError, match=r"aws-oracle.*aws-sims"):
        pipeline(Config("aws-oracle", {}), checkpoints=None, stop=StopSignal())


def test_two_pipelines_cannot_train_the_same_model() -> None:
    with pytest.raises(TypeError, match="PopularityPipeline"):
        type("Another", (Pipeline,), {"model_name": "popularity"})


def test_two_models_cannot_have_the_same_name() -> None:
    with pytest.raises(TypeError, match="PopularityModel"):
        type("Another", (Model,), {"model_name": "popularity"})
    assert MODELS["popularity"].__name__ == "PopularityModel"
