"""The personalize-runtime API, and the warming of a deployment."""

from typing import Any

from lambdas.common.answering.actions import get_action_recommendations
from lambdas.common.answering.asking import Runtime
from lambdas.common.answering.bundles import Bundles
from lambdas.common.answering.puts import Puts
from lambdas.common.answering.rankings import get_personalized_ranking
from lambdas.common.answering.recommendations import get_recommendations
from lambdas.common.answering.records import RecordCache
from lambdas.common.clients import client
from lambdas.common.http import serve
from lambdas.common.lists import StoredLists
from lambdas.common.observability import logger
from lambdas.common.profiles import Profiles
from lambdas.common.resources import ResourceTable
from lambdas.common.settings import Settings
from lambdas.common.shown import ShownAnswers
from lambdas.runtime.warm import warm
from tastemaker.wire import Service

_settings = Settings()
_dynamodb = client("dynamodb")
_service = Service("personalize-runtime")
_runtime = Runtime(
    RecordCache(ResourceTable(_dynamodb, _settings.resources_table)),
    Bundles(client("s3")),
    Profiles(_dynamodb, _settings.profiles_table),
    puts=Puts(_dynamodb, _settings.catalog_table),
    shown=ShownAnswers(_dynamodb, _settings.recommendations_table),
    lists=StoredLists(_dynamodb, _settings.recommendations_table),
)
_operations = {
    "GetActionRecommendations": lambda params: get_action_recommendations(_runtime, params),
    "GetPersonalizedRanking": lambda params: get_personalized_ranking(_runtime, params),
}


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """One HTTP request of API Gateway, or `{"warm": {...}}` from the deployment's state machine."""
    if "warm" in event:
        answer = warm(_runtime, event["warm"])
        logger.info("warmed", extra=answer)
        return answer
    headers = event.get("headers") or {}
    return serve(
        _service,
        event,
        {**_operations, "GetRecommendations": lambda params: get_recommendations(_runtime, params, headers)},
    )
