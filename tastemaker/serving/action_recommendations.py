"""GetActionRecommendations."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tastemaker.contracts.lake_layout import action_group
from tastemaker.errors import InvalidInput
from tastemaker.filters import FilterContext
from tastemaker.models.actions import ActionModel
from tastemaker.models.bundle import HISTORY_LENGTH
from tastemaker.serving.deployments import Deployment
from tastemaker.serving.history import Past, merged
from tastemaker.serving.query import Asking, Runtime, require

DEFAULT_RESULTS = 5
MOST_RESULTS = 100


def get_action_recommendations(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """The actions that a user will most likely take. Raises InvalidInput and ResourceNotFound only."""
    return answer(runtime, runtime.deployment(params), params)


def answer(runtime: Runtime, deployment: Deployment, params: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a deployment that is not in service yet."""
    recipe = deployment.recipe
    if recipe.call != "GetActionRecommendations":
        raise InvalidInput(f"{deployment.arn} uses the recipe {recipe.name}: call {recipe.call} instead.")
    require(params, "userId", deployment)
    count = params.get("numResults") or DEFAULT_RESULTS
    if count > MOST_RESULTS:
        raise InvalidInput(f"numResults is {count}; it can be at most {MOST_RESULTS}.")
    asking = Asking(runtime, deployment, params["userId"])
    model = asking.loaded.model
    assert isinstance(model, ActionModel)
    past = _past(asking, model)
    allowed = model.available(past.history, int(runtime.clock())) & _mask(asking, model, past, params)
    scores = model.propensities(asking.past.history, past.history, asking.user_index)
    return {
        "actionList": [
            {"actionId": model.actions[action], "score": score}
            for action, score in model.ranked(scores, allowed, count, runtime.rng)
        ],
        "recommendationId": runtime.new_id(deployment.arn),
    }


def _past(asking: Asking, model: ActionModel) -> Past:
    """What the user did with actions, in imported data and since."""
    user = asking.user_id or ""
    live = asking.runtime.profiles.newest(action_group(asking.deployment.dataset_group), user, HISTORY_LENGTH)
    index = asking.user_index
    trained = model.histories.of(index) if index >= 0 else None
    return merged(model.actions, model.event_types, trained, live)


def _mask(asking: Asking, model: ActionModel, past: Past, params: Mapping[str, Any]) -> np.ndarray:
    arn, values = params.get("filterArn"), params.get("filterValues") or {}
    if not arn:
        if values:
            raise InvalidInput("filterValues need a filterArn.")
        return np.ones(len(model.actions), bool)
    filter = asking.runtime.filter(arn, asking.deployment)
    bundle, user = asking.loaded.bundle, asking.user_index
    return filter.mask(
        FilterContext(
            items=model.columns,
            values=values,
            events=past.by_type if filter.needs_events else {},
            user=bundle.user_columns.record(user) if filter.needs_user and user >= 0 else {},
            ids=model.actions,
        )
    )
