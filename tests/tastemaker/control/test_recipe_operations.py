"""Operations on recipes."""

import pytest

from tastemaker.recipes import RECIPES
from tests.tastemaker.control.fakes import world


@pytest.mark.parametrize(("filters", "count"), [({}, len(RECIPES)), ({"domain": "VIDEO_ON_DEMAND"}, 5)])
def test_list_recipes_returns_a_token_after_the_first_page(filters, count):
    here = world()
    first = here.call("ListRecipes", **filters)
    assert len(first["recipes"]) == count
    rest = here.call("ListRecipes", **filters, nextToken=first["nextToken"])
    assert rest == {"recipes": [], "nextToken": None}
    names, token = [], None
    while token is not None or not names:  # in small pages, each recipe comes once
        page = here.call("ListRecipes", **filters, maxResults=2, **({"nextToken": token} if token else {}))
        names += [one["name"] for one in page["recipes"]]
        token = page["nextToken"]
    assert names == [one["name"] for one in first["recipes"]]
