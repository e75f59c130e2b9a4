"""GetActionRecommendations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.limits import MAX_ACTIONS
from tastemaker.models.actions import ActionModel
from tastemaker.models.bundle import HISTORY_LENGTH
from tastemaker.serving.eligibility import allowed_actions
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.history import Past, merged
from tastemaker.serving.parameters import check_operation, require, result_count
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime

DEFAULT_RESULTS = 5


def get_action_recommendations(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the actions that a user is most likely to take.

    Raises InvalidInput and ResourceNotFound for requests that cannot be answered.
    """
    return answer(runtime, runtime.endpoint(params), params)


def answer(runtime: Runtime, endpoint: Endpoint, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer for an endpoint, which need not be in service yet."""
    check_operation(endpoint, "GetActionRecommendations")
    require(params, "userId", endpoint)
    count = result_count(params, default=DEFAULT_RESULTS, limit=MAX_ACTIONS)
    query = Query(runtime, endpoint, params["userId"])
    model = query.loaded.model
    assert isinstance(model, ActionModel)
    past = _past_with_actions(query, model)
    allowed = allowed_actions(query, model, past, params.get("filterArn"), params.get("filterValues"))
    scores = model.propensities(query.past.history, past.history, query.user_index)
    query.report_cold_user()
    return {
        "actionList": [
            {"actionId": model.actions[action], "score": score}
            for action, score in model.ranked(scores, allowed, count, runtime.rng)
        ],
        "recommendationId": runtime.new_id(endpoint.arn),
    }


def _past_with_actions(query: Query, model: ActionModel) -> Past:
    """Return what the user did with actions, in imported data and since."""
    group = query.storage("ACTION_INTERACTIONS").event_group
    live = query.runtime.profiles.newest(group, query.user_id or "", HISTORY_LENGTH)
    trained = model.histories.of(query.user_index) if query.user_index >= 0 else None
    return merged(model.actions, model.event_types, trained, live)
