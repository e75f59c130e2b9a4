"""GetPersonalizedRanking."""

from collections.abc import Mapping
from typing import Any

from tastemaker.errors import InvalidInput
from tastemaker.serving.answer import rank
from tastemaker.serving.deployments import Deployment
from tastemaker.serving.query import MOST_RESULTS, MOST_WITH_METADATA, Asking, Runtime, require


def get_personalized_ranking(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """The input in the order of the user's taste. Raises InvalidInput and ResourceNotFound only.

    Of an id that is given twice the first place counts. Ids that the model does not know come last, without a
    score.
    """
    return answer(runtime, runtime.deployment(params), params)


def answer(runtime: Runtime, deployment: Deployment, params: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a deployment that is not in service yet."""
    recipe = deployment.recipe
    if recipe.call != "GetPersonalizedRanking":
        raise InvalidInput(f"{deployment.arn} uses the recipe {recipe.name}: call {recipe.call} instead.")
    require(params, "userId", deployment)
    asking = Asking(runtime, deployment, params["userId"], None, params.get("context", {}))
    columns = asking.columns(params.get("metadataColumns"))
    ids = list(dict.fromkeys(params["inputList"]))
    most = MOST_WITH_METADATA if columns else MOST_RESULTS
    if not 1 <= len(params["inputList"]) <= most:
        raise InvalidInput(f"inputList has {len(params['inputList'])} items; it must have from 1 to {most}.")
    arn = params.get("filterArn")
    filter = runtime.filter(arn, deployment) if arn else None
    items = asking.loaded.bundle.items.indexes(ids).tolist()
    values = params.get("filterValues")
    ranked = rank(asking.scores(), items, allowed=asking.mask(filter, values))
    strangers = [name for name, item in zip(ids, items, strict=True) if item < 0]
    kept = asking.unknown_allowed(strangers, filter, values) if strangers else set()
    ranked = [one for one in ranked if items[one[0]] >= 0 or ids[one[0]] in kept]
    shown = []
    for place, score in ranked:
        item: dict[str, Any] = {"itemId": ids[place]}
        if score is not None:
            item["score"] = score
        if columns and items[place] >= 0:
            item["metadata"] = asking.metadata(items[place], columns)
        shown.append(item)
    return {"personalizedRanking": shown, "recommendationId": runtime.new_id(deployment.arn)}
