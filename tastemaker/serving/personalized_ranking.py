"""GetPersonalizedRanking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tastemaker.contracts.limits import MAX_RESULTS, MAX_RESULTS_WITH_METADATA
from tastemaker.errors import InvalidInput
from tastemaker.serving.answer import rank
from tastemaker.serving.eligibility import FilterValues, rankable_items
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.metadata import item_metadata, requested_columns
from tastemaker.serving.parameters import check_operation, require
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime


def get_personalized_ranking(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the items of `inputList` in the order of the user's preference.

    An id that is given twice counts at its first position. Ids that the model does not know come last,
    without a score. With `inputOrder`, the answer also has the scores in the order of `inputList`. Raises
    InvalidInput and ResourceNotFound for requests that cannot be answered.
    """
    return answer(runtime, runtime.endpoint(params), params)


def answer(runtime: Runtime, endpoint: Endpoint, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer for an endpoint, which need not be in service yet."""
    check_operation(endpoint, "GetPersonalizedRanking")
    require(params, "userId", endpoint)
    query = Query(runtime, endpoint, params["userId"], None, params.get("context", {}))
    columns = requested_columns(query, params.get("metadataColumns"))
    _check_length(params["inputList"], MAX_RESULTS_WITH_METADATA if columns else MAX_RESULTS)
    ranking = []
    for ranked in rank_items(query, params["inputList"], params.get("filterArn"), params.get("filterValues")):
        entry: dict[str, Any] = {"itemId": ranked.item_id}
        if ranked.score is not None:
            entry["score"] = ranked.score
        if columns and ranked.position >= 0:
            entry["metadata"] = item_metadata(query, ranked.position, columns)
        ranking.append(entry)
    query.report_cold_user()
    result = {"personalizedRanking": ranking, "recommendationId": runtime.new_id(endpoint.arn)}
    if params.get("inputOrder"):
        scores = {entry["itemId"]: entry.get("score", 0.0) for entry in ranking}
        result["inputScores"] = [scores.get(item_id, 0.0) for item_id in params["inputList"]]
    return result


class RankedItem(NamedTuple):
    """An item of a ranking. `position` is that in the bundle, -1 for an item that the model lacks."""

    item_id: str
    position: int
    score: float | None


def rank_items(
    query: Query, item_ids: Iterable[str], filter_arn: str | None, filter_values: FilterValues
) -> list[RankedItem]:
    """Return the items in the order of the user's preference, without those that the filter excludes.

    Any number of items can be ranked. Ids that are given twice count once. Raises InvalidInput for a filter
    or values that do not fit, and ResourceNotFound for an unknown filter.
    """
    ids = list(dict.fromkeys(item_ids))
    items = query.loaded.bundle.items.indexes(ids).tolist()
    unknown = [item_id for item_id, item in zip(ids, items, strict=True) if item < 0]
    allowed, allowed_unknown = rankable_items(query, unknown, filter_arn, filter_values)
    return [
        RankedItem(ids[position], items[position], score)
        for position, score in rank(query.scores(), items, allowed=allowed)
        if items[position] >= 0 or ids[position] in allowed_unknown
    ]


def _check_length(items: list[str], limit: int) -> None:
    if not 1 <= len(items) <= limit:
        raise InvalidInput(f"inputList has {len(items)} items; it must have from 1 to {limit}.")
