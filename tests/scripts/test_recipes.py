"""docs/recipes.md has a section on every recipe, with the facts of the catalog."""

import re

import pytest

from scripts import recipes as page
from tastemaker.recipes import RECIPES, Recipe

TEXT = page.PAGE.read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `(aws-[a-z0-9-]+)`\n(.*?)(?=^##)", TEXT, re.MULTILINE | re.DOTALL))


def test_every_recipe_has_its_section() -> None:
    assert sorted(SECTIONS) == [recipe.name for recipe in RECIPES]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_section_has_the_facts_of_the_catalog_and_a_description(recipe: Recipe) -> None:
    _, made, prose = re.split(f"{page.BEGIN}\n|\n{page.END}", SECTIONS[recipe.name])
    assert made == page.facts(recipe)
    assert len(prose.split()) > 8
    assert "*Limits:*" in prose


def test_recipe_facts_have_ids_and_parameters() -> None:
    (sims,) = (one for one in RECIPES if one.name == "aws-sims")
    told = page.facts(sims)
    assert "| answers | `GetRecommendations` with `itemId` |" in told
    assert "| `min_cointeraction_count` | 3 | 0 to 10 | yes |" in told
    (bought,) = (one for one in RECIPES if one.name == "aws-ecomm-frequently-bought-together")
    assert "1,000 interactions of type `Purchase`" in page.facts(bought)


def test_every_parameter_is_explained() -> None:
    explained = TEXT[TEXT.index("## Parameters") : TEXT.index("## Updates")]
    for recipe in RECIPES:
        for one in (*recipe.hyperparameters, *recipe.feature_transformation.parameters):
            pair = one.name.removeprefix("min_").removeprefix("max_")  # written min_/max_…
            named = (f"`{one.name}`", f"min_/max_{pair}", f"`{one.name[:11]}…`")  # cold_start_…
            assert any(name in explained for name in named), one.name


def test_links_within_the_page_lead_somewhere() -> None:
    headings = {
        re.sub("[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", TEXT, re.M)
    }
    assert set(re.findall(r"\]\(#([a-z-]+)\)", TEXT)) <= headings
