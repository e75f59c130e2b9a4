"""GetRecommendations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tastemaker.contracts.limits import MAX_RESULTS, MAX_RESULTS_WITH_METADATA
from tastemaker.contracts.metrics import FILLER_ITEMS
from tastemaker.errors import InvalidInput, TastemakerError
from tastemaker.models.scores import Asked
from tastemaker.serving import precomputed
from tastemaker.serving.answer import CANDIDATES, CATALOG, POPULAR, Pick, Picks, Promotion, recommend
from tastemaker.serving.eligibility import Eligible, allowed_items, preferred_items
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.explain import explanations
from tastemaker.serving.exploration import exploration_of
from tastemaker.serving.metadata import item_metadata, requested_columns
from tastemaker.serving.parameters import check_operation, require, result_count
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime

DEFAULT_RESULTS = 25


def get_recommendations(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a live request, by the members of the output shape.

    An unknown user gets what the model recommends without a history, an unknown item gets popular items. A
    precomputed list may replace a model that is being downloaded or that fails (`precomputed`).

    Raises InvalidInput and ResourceNotFound for requests that cannot be answered.
    """
    endpoint = runtime.endpoint(params)
    if params.get("explain"):
        result = answer(runtime, endpoint, params, explained=True)
    else:
        result = _answer_or_precomputed(runtime, endpoint, params)
    if endpoint.recipe.exploration:  # exploration learns from items that were shown and ignored
        items = [item["itemId"] for item in result["itemList"]]
        runtime.impression_log.record(result["recommendationId"], endpoint.arn, items)
    return result


def _answer_or_precomputed(runtime: Runtime, endpoint: Endpoint, params: Mapping[str, Any]) -> dict[str, Any]:
    count = params.get("numResults") or DEFAULT_RESULTS
    if (substitute := precomputed.while_downloading(runtime, endpoint, params, count)) is not None:
        return substitute
    try:
        return answer(runtime, endpoint, params)
    except Exception as error:
        if isinstance(error, TastemakerError) and error.status < 500:
            raise
        substitute = precomputed.after_failure(runtime, endpoint, params, count)
        if substitute is None:
            raise
        return substitute


@dataclass
class Request:
    """A request and its query.

    `params` are the members of the request, `columns` the item columns to report, and `count` the number of
    results.
    """

    query: Query
    params: Mapping[str, Any]
    columns: Sequence[str]
    count: int

    @classmethod
    def of(cls, runtime: Runtime, endpoint: Endpoint, params: Mapping[str, Any]) -> Request:
        """Return the request to an endpoint. Raises InvalidInput."""
        recipe = endpoint.recipe
        check_operation(endpoint, "GetRecommendations")
        if recipe.needs_user:
            require(params, "userId", endpoint)
        if recipe.needs_item:
            require(params, "itemId", endpoint)
        item_id = params.get("itemId") if recipe.needs_item else None
        query = Query(runtime, endpoint, params.get("userId"), item_id, params.get("context", {}))
        columns = requested_columns(query, params.get("metadataColumns"))
        limit = MAX_RESULTS_WITH_METADATA if columns else MAX_RESULTS
        count = result_count(params, default=DEFAULT_RESULTS, limit=limit, with_metadata=bool(columns))
        return cls(query, params, columns, count)

    @cached_property
    def eligible(self) -> Eligible:
        """The items that may be in the answer, and which come first. Raises as `allowed_items`."""
        allowed = allowed_items(self.query, self.params.get("filterArn"), self.params.get("filterValues"))
        return preferred_items(self.query, allowed, self.count)

    @property
    def fits_its_filter(self) -> bool:
        """Whether the filter can be applied. If not, `eligible` says why."""
        try:
            _ = self.eligible
        except TastemakerError:
            return False
        return True

    @cached_property
    def scale(self) -> str | None:
        """How the recipe normalizes the scores that it reports; None for a recipe without scores."""
        if not self.query.loaded.model.has_scores or self.query.endpoint.recipe.domain:
            return None
        return CANDIDATES if self.query.endpoint.second_generation else CATALOG

    @property
    def asked(self) -> Asked:
        """What the answer asks of the user's scores."""
        allowed = self.eligible.allowed
        return Asked(self.count, allowed, allowed if self.scale == CANDIDATES else None)

    @staticmethod
    def score_together(requests: Sequence[Request]) -> None:
        """Score the users of requests to one endpoint together."""
        Query.score_together([one.query for one in requests], [one.asked for one in requests])

    def picks(self, seed: str) -> Picks:
        """Return the items of the answer. The seed decides what is explored.

        Raises as `get_recommendations`.
        """
        query, second_generation = self.query, self.query.endpoint.second_generation
        picks = recommend(
            query.scores(),
            count=self.count,
            allowed=self.eligible.allowed,
            first=self.eligible.first,
            scale=self.scale,
            promotion=_promotion(query, self.params.get("promotions")),
            rng=query.runtime.rng,
            fillers=query.loaded.bundle.popularity if second_generation else None,
            reasons=second_generation,
            exploration=exploration_of(query, seed),
        )
        query.report_cold_user()
        if second_generation and (fillers := picks.reasons.count((POPULAR,))):
            query.runtime.observer.add(FILLER_ITEMS, fillers)
        return picks


def answer(
    runtime: Runtime, endpoint: Endpoint, params: Mapping[str, Any], *, explained: bool = False
) -> dict[str, Any]:
    """Return the model's answer for an endpoint, which need not be in service yet.

    The recommendationId decides what is explored, so that answers differ. Raises as `get_recommendations`.
    """
    request = Request.of(runtime, endpoint, params)
    query = request.query
    recommendation_id = runtime.new_id(endpoint.arn)
    picks = request.picks(recommendation_id)
    ids, columns = query.loaded.bundle.items.take(picks.items), request.columns
    result: dict[str, Any] = {
        "itemList": [
            _entry(query, name, pick, columns) for name, pick in zip(ids, picks.each(), strict=True)
        ],
        "recommendationId": recommendation_id,
    }
    if explained:
        result["explanations"] = explanations(query, picks.items)
    return result


def _promotion(query: Query, given: Sequence[Mapping[str, Any]] | None) -> Promotion | None:
    if not given:
        return None
    (promotion,) = given
    recipe = query.endpoint.recipe
    if not recipe.promotions:
        raise InvalidInput(f"Promotions are not supported by {recipe.name}.")
    for member in ("name", "percentPromotedItems", "filterArn"):
        if not promotion.get(member):
            raise InvalidInput(f"A promotion needs {member}.")
    allowed = allowed_items(query, promotion["filterArn"], promotion.get("filterValues"))
    return Promotion(promotion["name"], promotion["percentPromotedItems"], allowed)


def _entry(query: Query, item_id: str, pick: Pick, columns: Sequence[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"itemId": item_id}
    if pick.score is not None:
        entry["score"] = pick.score
    if pick.promotion is not None:
        entry["promotionName"] = pick.promotion
    if columns:
        entry["metadata"] = item_metadata(query, pick.item, columns)
    if pick.reasons:
        entry["reason"] = list(pick.reasons)
    return entry
