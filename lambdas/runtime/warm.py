"""The test of a deployment: its model is downloaded, opened, and answers a request before it serves."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from tastemaker.errors import InvalidInput
from tastemaker.serving import action_recommendations, personalized_ranking, recommendations
from tastemaker.serving.runtime import Runtime

TEST_USER = "tastemaker-warming"


def warm(runtime: Runtime, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a test request with the model that a campaign or recommender is about to serve.

    `request` is {"solutionVersionArn", "campaignArn" or "recommenderArn", "refresh" if the model has one}.
    Returns {"solutionVersionArn", "items", "answered", "seconds"}. Raises an exception on any failure.
    """
    started = perf_counter()
    arn = request.get("campaignArn") or request.get("recommenderArn")
    if not arn:
        raise InvalidInput("Warming needs a campaignArn or a recommenderArn.")
    endpoint = runtime.records.prospective_endpoint(
        arn, request["solutionVersionArn"], request.get("refresh")
    )
    items = runtime.bundles.get(endpoint.bundle_uri).bundle.items
    item = items[0] if len(items) else TEST_USER
    params: dict[str, Any] = {"userId": TEST_USER}
    if endpoint.recipe.call == "GetPersonalizedRanking":
        params["inputList"] = [item]
        answered = len(personalized_ranking.answer(runtime, endpoint, params)["personalizedRanking"])
    elif endpoint.recipe.call == "GetActionRecommendations":
        answered = len(action_recommendations.answer(runtime, endpoint, params)["actionList"])
    else:
        params["itemId"] = item
        answered = len(recommendations.answer(runtime, endpoint, params)["itemList"])
    return {
        "solutionVersionArn": endpoint.solution_version_arn,
        "items": len(items),
        "answered": answered,
        "seconds": round(perf_counter() - started, 3),
    }
