"""docs/recipes.md speaks of every recipe, and of nothing else."""

import re
from pathlib import Path

import pytest

from tastemaker.models import KINDS
from tastemaker.recipes import RECIPES, Recipe

PAGE = Path(__file__).parents[3] / "docs" / "recipes.md"
TRAINED_BY_ANOTHER_NAME = {"together": "similar"}


def test_every_recipe_has_its_row() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1] for line in lines if line.startswith("| `aws-")]
    named = [name for row in rows for name in re.findall(r"`(aws-[a-z0-9-]+)`", row)]
    assert sorted(named) == [recipe.name for recipe in RECIPES]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_is_trained_and_served(recipe: Recipe) -> None:
    assert recipe.trainable
    assert TRAINED_BY_ANOTHER_NAME.get(str(recipe.model), recipe.model) in KINDS
