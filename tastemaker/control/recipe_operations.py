"""The operations on what nobody creates: recipes, algorithms, feature transformations. And tags."""

from collections.abc import Mapping
from typing import Any

from tastemaker import recipes
from tastemaker.control.core import pagination, tags
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Operation, Request
from tastemaker.control.core.records import Record
from tastemaker.errors import InvalidInput


def operations(desk: Desk) -> dict[str, Operation]:
    """Operation name → what does it."""
    return {
        "ListRecipes": list_recipes,
        "DescribeRecipe": lambda request: {"recipe": recipes.describe(recipes.by_arn(request["recipeArn"]))},
        "DescribeAlgorithm": lambda request: {"algorithm": recipes.algorithm(request["algorithmArn"])},
        "DescribeFeatureTransformation": lambda request: {
            "featureTransformation": recipes.feature_transformation(request["featureTransformationArn"])
        },
        "TagResource": lambda request: tag(desk, request),
        "UntagResource": lambda request: untag(desk, request),
        "ListTagsForResource": lambda request: {"tags": _taggable(desk, request).body.get("_tags", [])},
    }


def list_recipes(request: Request) -> Body:
    """Sorted by name; a domain's only, if one is asked for.

    The service needs two pages for its catalog, and AWS's workshops read the first one's token without
    asking whether there is one. So here too a token follows, though a first page holds everything by
    default; the page behind it is empty.
    """
    domain = request.get("domain")
    wanted = [recipes.describe(one) for one in recipes.RECIPES if domain in (None, one.domain)]
    page, token = pagination.page("ListRecipes", request, wanted)
    if token is None and "nextToken" not in request:
        token = pagination.token("ListRecipes", request, str(len(wanted)))
    return {"recipes": page, "nextToken": token}


def tag(desk: Desk, request: Request) -> None:
    record = _taggable(desk, request)
    _store(desk, record, {"_tags": tags.merged(record.body.get("_tags", []), request["tags"])})


def untag(desk: Desk, request: Request) -> None:
    record = _taggable(desk, request)
    _store(desk, record, {"_tags": tags.without(record.body.get("_tags", []), request["tagKeys"])})


def _taggable(desk: Desk, request: Request) -> Record:
    record = desk.find_any(request["resourceArn"])
    if not desk.kinds[record.kind].taggable:
        raise InvalidInput(f"{record.arn} cannot have tags.")
    return record


def _store(desk: Desk, record: Record, members: Mapping[str, Any]) -> None:
    desk.change(record, lastUpdatedDateTime=record.body.get("lastUpdatedDateTime"), **members)
