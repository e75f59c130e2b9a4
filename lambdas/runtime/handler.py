"""The personalize-runtime API, and the test of a new deployment."""

import os
from typing import Any

from lambdas.runtime.deprecated_headers import with_explain
from lambdas.runtime.warm import warm
from lambdas.stores.bundles import BundleCache
from lambdas.stores.impression_log import ImpressionTable
from lambdas.stores.precomputed import PrecomputedTable
from lambdas.stores.prefetching import prefetch_active
from lambdas.stores.profiles import Profiles
from lambdas.stores.records import ResourceTable
from lambdas.stores.upserts import CatalogUpserts
from lambdas.support import authorization
from lambdas.support.after_response import AfterResponse
from lambdas.support.clients import client
from lambdas.support.http import serve
from lambdas.support.observability import logger
from lambdas.support.observer import LambdaObserver
from lambdas.support.settings import Settings
from tastemaker.serving.action_recommendations import get_action_recommendations
from tastemaker.serving.endpoints import RecordCache
from tastemaker.serving.personalized_ranking import get_personalized_ranking
from tastemaker.serving.recommendations import get_recommendations
from tastemaker.serving.runtime import Runtime
from tastemaker.wire import Service

_settings = Settings()
_dynamodb = client("dynamodb")
_records = ResourceTable(_dynamodb, _settings.resources_table)
_bundles = BundleCache(client("s3"))
_service = Service("personalize-runtime")
_observer = LambdaObserver()
_runtime = Runtime(
    RecordCache(_records),
    _bundles,
    Profiles(_dynamodb, _settings.profiles_table),
    upserts=CatalogUpserts(_dynamodb, _settings.catalog_table),
    impression_log=ImpressionTable(_dynamodb, _settings.recommendations_table),
    precomputed=PrecomputedTable(_dynamodb, _settings.recommendations_table),
    observer=_observer,
)
_check_of = authorization.connect(_settings)
_operations = {
    "GetActionRecommendations": lambda params: get_action_recommendations(_runtime, params),
    "GetPersonalizedRanking": lambda params: get_personalized_ranking(_runtime, params),
}
_after_response = AfterResponse(os.environ.get("AWS_LAMBDA_RUNTIME_API", ""), _bundles.finish)
_bundles.finishes_later = _after_response.start()
prefetch_active(_records, _bundles, initialization=os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", ""))


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """Answer an HTTP request of API Gateway, or `{"warm": {...}}` from the deployment's state machine."""
    try:
        return _handle(event, context)
    finally:
        _after_response.answered()


def _handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    _observer.start()
    if "warm" in event:
        result = warm(_runtime, event["warm"])
        logger.info("warmed", extra=result)
        return result
    headers = event.get("headers") or {}
    return serve(
        _service,
        event,
        {
            **_operations,
            "GetRecommendations": lambda params: get_recommendations(_runtime, with_explain(params, headers)),
        },
        _check_of(event, context),
        finish=_observer.finish,
    )
