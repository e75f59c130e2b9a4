"""The personalize-runtime API, and the warming of a deployment."""

from typing import Any

from lambdas.runtime.deprecated_headers import with_explain
from lambdas.runtime.warm import warm
from lambdas.stores.bundles import Bundles
from lambdas.stores.impression_log import ShownAnswers
from lambdas.stores.precomputed import StoredLists
from lambdas.stores.profiles import Profiles
from lambdas.stores.records import ResourceTable
from lambdas.stores.upserts import Puts
from lambdas.support.clients import client
from lambdas.support.http import serve
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker.serving.action_recommendations import get_action_recommendations
from tastemaker.serving.deployments import RecordCache
from tastemaker.serving.personalized_ranking import get_personalized_ranking
from tastemaker.serving.query import Runtime
from tastemaker.serving.recommendations import get_recommendations
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
        {
            **_operations,
            "GetRecommendations": lambda params: get_recommendations(_runtime, with_explain(params, headers)),
        },
    )
