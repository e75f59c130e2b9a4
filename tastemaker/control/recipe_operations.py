"""Operations on recipes, algorithms and feature transformations, which the service provides; and on tags."""

from tastemaker import recipes
from tastemaker.control.core import pagination, tags
from tastemaker.control.core.context import Context
from tastemaker.control.core.declaration import Body, Operation, Request
from tastemaker.control.core.records import Record
from tastemaker.errors import InvalidInput


def operations(context: Context) -> dict[str, Operation]:
    """The name of each operation and the function that runs it."""
    return {
        "ListRecipes": list_recipes,
        "DescribeRecipe": lambda request: {"recipe": recipes.describe(recipes.by_arn(request["recipeArn"]))},
        "DescribeAlgorithm": lambda request: {"algorithm": recipes.algorithm(request["algorithmArn"])},
        "DescribeFeatureTransformation": lambda request: {
            "featureTransformation": recipes.feature_transformation(request["featureTransformationArn"])
        },
        "TagResource": lambda request: tag(context, request),
        "UntagResource": lambda request: untag(context, request),
        "ListTagsForResource": lambda request: {"tags": tags.shown(_taggable(context, request))},
    }


def list_recipes(request: Request) -> Body:
    """All recipes, or those of one domain, sorted by name.

    Personalize needs two pages for its catalog, and AWS's workshops read the token of the first page without
    checking that it exists. A token therefore follows here too, although the first page holds everything by
    default; the page behind it is empty.
    """
    domain = request.get("domain")
    listed = [recipes.describe(one) for one in recipes.RECIPES if domain in (None, one.domain)]
    page, token = pagination.page("ListRecipes", request, listed)
    if token is None and "nextToken" not in request:
        token = pagination.token("ListRecipes", request, str(len(listed)))
    return {"recipes": page, "nextToken": token}


def tag(context: Context, request: Request) -> None:
    """TagResource. Raises InvalidInput or TooManyTags."""
    record = _taggable(context, request)
    context.writer.change_private(record, _tags=tags.merged(tags.tags_of(record), request["tags"]))


def untag(context: Context, request: Request) -> None:
    """UntagResource. Raises InvalidInput or TooManyTagKeys."""
    record = _taggable(context, request)
    context.writer.change_private(record, _tags=tags.without(tags.tags_of(record), request["tagKeys"]))


def _taggable(context: Context, request: Request) -> Record:
    record = context.records.find_any(request["resourceArn"])
    if not context.declarations[record.resource_type].taggable:
        raise InvalidInput(f"{record.arn} cannot have tags.")
    return record
