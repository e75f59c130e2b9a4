"""The check of a deployment: its model is fetched, opened, and answers one request before anybody depends on
it.
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from tastemaker.errors import InvalidInput
from tastemaker.serving import action_recommendations, personalized_ranking, recommendations
from tastemaker.serving.query import Runtime

NOBODY = "tastemaker-warming"


def warm(runtime: Runtime, request: Mapping[str, Any]) -> dict[str, Any]:
    """`request` is {"solutionVersionArn", "campaignArn" or "recommenderArn", "refresh" of its model if there
    is one}. Raises on any failure.

    Returns {"solutionVersionArn", "items", "answered", "seconds"}.
    """
    started = perf_counter()
    arn = request.get("campaignArn") or request.get("recommenderArn")
    if not arn:
        raise InvalidInput("Warming needs a campaignArn or a recommenderArn.")
    deployment = runtime.records.prospective(arn, request["solutionVersionArn"], request.get("refresh"))
    items = runtime.bundles.get(deployment.bundle_uri).bundle.items
    some = items[0] if len(items) else NOBODY
    if deployment.recipe.call == "GetPersonalizedRanking":
        params = {"userId": NOBODY, "inputList": [some]}
        answered = len(personalized_ranking.answer(runtime, deployment, params)["personalizedRanking"])
    elif deployment.recipe.call == "GetActionRecommendations":
        answered = len(action_recommendations.answer(runtime, deployment, {"userId": NOBODY})["actionList"])
    else:
        params = {"userId": NOBODY, "itemId": some}
        answered = len(recommendations.answer(runtime, deployment, params)["itemList"])
    return {
        "solutionVersionArn": deployment.solution_version_arn,
        "items": len(items),
        "answered": answered,
        "seconds": round(perf_counter() - started, 3),
    }
