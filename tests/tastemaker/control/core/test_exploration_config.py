import pytest

from tastemaker import recipes
from tastemaker.control.core.exploration_config import check
from tastemaker.errors import InvalidInput

EXPLORING = recipes.by_name("aws-user-personalization")


@pytest.mark.parametrize(
    "config",
    [None, {}, {"explorationWeight": "0"}, {"explorationWeight": "1", "explorationItemAgeCutOff": "1.5"}],
)
def test_values_in_range_are_accepted(config) -> None:
    check(EXPLORING, config)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"explorationWeight": "1.1"}, "from 0 to 1"),
        ({"explorationWeight": "nan"}, "from 0 to 1"),
        ({"explorationWeight": "much"}, "must be a number"),
        ({"explorationItemAgeCutOff": "0"}, "at least 1 day"),
        ({"weight": "0"}, "has no weight"),
    ],
)
def test_other_values_are_named_with_their_range(config: dict, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        check(EXPLORING, config)


def test_recipe_that_does_not_explore_takes_no_configuration() -> None:
    with pytest.raises(InvalidInput, match="aws-sims, which does not explore"):
        check(recipes.by_name("aws-sims"), {})
