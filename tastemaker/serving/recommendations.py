"""GetRecommendations."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import numpy as np

from lambdas.support.observability import count as count_one
from lambdas.support.observability import logger
from tastemaker.errors import InvalidInput, TastemakerError
from tastemaker.serving import precomputed
from tastemaker.serving.answer import Mask, Pick, Promotion, recommend
from tastemaker.serving.deployments import Deployment
from tastemaker.serving.explain import explain
from tastemaker.serving.query import MOST_RESULTS, MOST_WITH_METADATA, Asking, Runtime, require

DEFAULT_RESULTS = 25


def get_recommendations(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """The answer in the output shape's members. Raises InvalidInput and ResourceNotFound only.

    An unknown user gets what users start with, an unknown item popular items: neither is an error. A list
    that a batch job computed ahead may stand in for a model that is being fetched, or that fails (stored.py).
    """
    wanted = bool(params.get("explain"))
    deployment = runtime.deployment(params)
    result = None if wanted else _while_fetching(runtime, deployment, params)
    try:
        result = result or answer(runtime, deployment, params, explained=wanted)
    except Exception as error:
        if wanted or (isinstance(error, TastemakerError) and error.status < 500):
            raise
        result = _from_list(runtime, deployment, params, precomputed.FAILURE)
        if result is None:
            raise
        count_one(precomputed.METRIC, reason=precomputed.FAILURE)
        logger.exception("a stored list stands in for a model that fails", extra={"arn": deployment.arn})
    if deployment.recipe.exploration:  # which learns from what was shown and ignored
        items = [item["itemId"] for item in result["itemList"]]
        runtime.shown.remember(result["recommendationId"], deployment.arn, items)
    return result


def _while_fetching(
    runtime: Runtime, deployment: Deployment, params: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The answer from a list by the very model that this process lacks, which is then being fetched."""
    if runtime.bundles.has(deployment.bundle_uri):
        return None
    result = _from_list(runtime, deployment, params, precomputed.COLD_START)
    if result is None or runtime.bundles.soon(deployment.bundle_uri, precomputed.PATIENCE):
        return None
    count_one(precomputed.METRIC, reason=precomputed.COLD_START)
    return result


def _from_list(
    runtime: Runtime, deployment: Deployment, params: Mapping[str, Any], reason: str
) -> dict[str, Any] | None:
    count = params.get("numResults") or DEFAULT_RESULTS
    found = precomputed.find(
        runtime.records,
        runtime.lists,
        deployment,
        params,
        count=count,
        now=runtime.clock(),
        of_this_version=reason == precomputed.COLD_START,
    )
    if found is None:
        return None
    return {
        "itemList": found.items(count),
        "recommendationId": runtime.new_id(deployment.arn),
        "source": found.source(reason),
    }


def answer(
    runtime: Runtime,
    deployment: Deployment,
    params: Mapping[str, Any],
    *,
    explained: bool = False,
    seed: str | None = None,
) -> dict[str, Any]:
    """The same for a deployment that is not in service yet.

    `seed` settles what is explored; without one each answer has its own, which is its recommendationId.
    """
    recipe = deployment.recipe
    if recipe.call != "GetRecommendations":
        raise InvalidInput(f"{deployment.arn} uses the recipe {recipe.name}: call {recipe.call} instead.")
    if recipe.needs_user:
        require(params, "userId", deployment)
    if recipe.needs_item:
        require(params, "itemId", deployment)
    asking = Asking(
        runtime,
        deployment,
        params.get("userId"),
        params.get("itemId") if recipe.needs_item else None,
        params.get("context", {}),
    )
    columns = asking.columns(params.get("metadataColumns"))
    recommendation_id, bundle = runtime.new_id(deployment.arn), asking.loaded.bundle
    picks = recommend(
        asking.scores(),
        count=_count(params.get("numResults"), bool(columns)),
        allowed=_allowed(asking, params),
        scale=asking.scale,
        promotion=_promotion(asking, params.get("promotions")),
        rng=runtime.rng,
        fillers=bundle.popularity if asking.second_generation else None,
        reasons=asking.second_generation,
        exploration=asking.exploration(Random(recommendation_id if seed is None else seed)),
    )
    result: dict[str, Any] = {
        "itemList": [
            _shown(asking, name, pick, columns)
            for name, pick in zip(bundle.items.take([pick.item for pick in picks]), picks, strict=True)
        ],
        "recommendationId": recommendation_id,
    }
    if explained:
        result["explanations"] = _explanations(asking, picks)
    return result


def _explanations(asking: Asking, picks: Sequence[Pick]) -> list[dict[str, Any]]:
    """One entry per item of the answer, in its order."""
    model, bundle = asking.loaded.model, asking.loaded.bundle
    items = [pick.item for pick in picks]
    if not model.needs_user:
        return [{"itemId": bundle.items[item], "because": []} for item in items]
    history = asking.past.history
    found = explain(
        model,
        history,
        items,
        now=int(asking.runtime.clock()),
        context=asking.context,
        user_index=asking.user_index,
    )
    shown = []
    for item, influences in zip(items, found, strict=True):
        because = []
        for influence in influences:
            kind = int(history.event_types[influence.place])
            event = {
                "itemId": bundle.items[int(history.items[influence.place])],
                "timestamp": int(history.timestamps[influence.place]),
                "influence": round(influence.added, 4),
            }
            because.append(event | ({"eventType": bundle.event_types[kind]} if kind >= 0 else {}))
        shown.append({"itemId": bundle.items[item], "because": because})
    return shown


def _count(given: int | None, with_metadata: bool) -> int:
    count = given or DEFAULT_RESULTS
    most = MOST_WITH_METADATA if with_metadata else MOST_RESULTS
    if count > most:
        raise InvalidInput(
            f"numResults is {count}; it can be at most {most}{' with metadata' if with_metadata else ''}."
        )
    return count


def _allowed(asking: Asking, params: Mapping[str, Any]) -> Mask | None:
    """The request's filter, less what the use case hides, less the item that the answer is about."""
    arn = params.get("filterArn")
    filter = asking.runtime.filter(arn, asking.deployment) if arn else None
    allowed = asking.mask(filter, params.get("filterValues"))
    return _without_hidden(asking, allowed)


def _without_hidden(asking: Asking, allowed: Mask | None) -> Mask | None:
    hidden = asking.hidden()
    if not len(hidden) and asking.item_index < 0:
        return allowed
    mask = np.ones(len(asking.loaded.bundle.items), bool) if allowed is None else allowed.copy()
    mask[hidden] = False
    if asking.item_index >= 0:
        mask[asking.item_index] = False
    return mask


def _promotion(asking: Asking, given: list[Mapping[str, Any]] | None) -> Promotion | None:
    if not given:
        return None
    (promotion,) = given
    recipe = asking.deployment.recipe
    if not recipe.promotions:
        raise InvalidInput(f"Promotions are not supported by {recipe.name}.")
    for member in ("name", "percentPromotedItems", "filterArn"):
        if not promotion.get(member):
            raise InvalidInput(f"A promotion needs {member}.")
    filter = asking.runtime.filter(promotion["filterArn"], asking.deployment)
    allowed = asking.mask(filter, promotion.get("filterValues"))
    return Promotion(promotion["name"], promotion["percentPromotedItems"], _without_hidden(asking, allowed))


def _shown(asking: Asking, name: str, pick: Pick, columns: list[str]) -> dict[str, Any]:
    item: dict[str, Any] = {"itemId": name}
    if pick.score is not None:
        item["score"] = pick.score
    if pick.promotion is not None:
        item["promotionName"] = pick.promotion
    if columns:
        item["metadata"] = asking.metadata(pick.item, columns)
    if pick.reasons:
        item["reason"] = list(pick.reasons)
    return item
