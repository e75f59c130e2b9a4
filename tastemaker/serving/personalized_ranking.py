"""GetPersonalizedRanking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.limits import MAX_RESULTS, MAX_RESULTS_WITH_METADATA
from tastemaker.errors import InvalidInput
from tastemaker.serving.answer import rank
from tastemaker.serving.eligibility import rankable_items
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.metadata import item_metadata, requested_columns
from tastemaker.serving.parameters import check_operation, require
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime


def get_personalized_ranking(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the items of `inputList` in the order of the user's preference.

    An id that is given twice counts at its first position. Ids that the model does not know come last,
    without a score. Raises InvalidInput and ResourceNotFound for requests that cannot be answered.
    """
    return answer(runtime, runtime.endpoint(params), params)


def answer(runtime: Runtime, endpoint: Endpoint, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer for an endpoint, which need not be in service yet."""
    check_operation(endpoint, "GetPersonalizedRanking")
    require(params, "userId", endpoint)
    query = Query(runtime, endpoint, params["userId"], None, params.get("context", {}))
    columns = requested_columns(query, params.get("metadataColumns"))
    _check_length(params["inputList"], MAX_RESULTS_WITH_METADATA if columns else MAX_RESULTS)
    ids = list(dict.fromkeys(params["inputList"]))
    items = query.loaded.bundle.items.indexes(ids).tolist()
    unknown = [item_id for item_id, item in zip(ids, items, strict=True) if item < 0]
    allowed, allowed_unknown = rankable_items(
        query, unknown, params.get("filterArn"), params.get("filterValues")
    )
    ranking = []
    for position, score in rank(query.scores(), items, allowed=allowed):
        item_id, item = ids[position], items[position]
        if item < 0 and item_id not in allowed_unknown:
            continue
        entry: dict[str, Any] = {"itemId": item_id}
        if score is not None:
            entry["score"] = score
        if columns and item >= 0:
            entry["metadata"] = item_metadata(query, item, columns)
        ranking.append(entry)
    query.report_cold_user()
    return {"personalizedRanking": ranking, "recommendationId": runtime.new_id(endpoint.arn)}


def _check_length(items: list[str], limit: int) -> None:
    if not 1 <= len(items) <= limit:
        raise InvalidInput(f"inputList has {len(items)} items; it must have from 1 to {limit}.")
