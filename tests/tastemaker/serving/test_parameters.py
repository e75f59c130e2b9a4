"""Parameters that several operations check alike."""

import pytest

from tastemaker import recipes
from tastemaker.errors import InvalidInput
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.parameters import check_operation, require, result_count

ARN = "arn:aws:personalize:eu-west-1:123456789012:campaign/c"
ENDPOINT = Endpoint(ARN, f"{ARN}/v", ARN, recipes.by_name("aws-user-personalization-v2"), "s3://lake/m/", {})


def test_operation_of_another_recipe_names_the_right_one() -> None:
    check_operation(ENDPOINT, "GetRecommendations")
    with pytest.raises(InvalidInput, match="call GetRecommendations instead"):
        check_operation(ENDPOINT, "GetPersonalizedRanking")


@pytest.mark.parametrize("params", [{}, {"userId": ""}])
def test_missing_member_is_named_with_the_recipe(params: dict) -> None:
    require({"userId": "ann"}, "userId", ENDPOINT)
    with pytest.raises(InvalidInput, match=r"userId is required: .*aws-user-personalization-v2"):
        require(params, "userId", ENDPOINT)


def test_count_has_a_default_and_a_limit() -> None:
    assert result_count({}, default=25, limit=500) == 25
    assert result_count({"numResults": 500}, default=25, limit=500) == 500
    with pytest.raises(InvalidInput, match="51; it can be at most 50 with metadata"):
        result_count({"numResults": 51}, default=25, limit=50, with_metadata=True)
