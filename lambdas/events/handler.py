"""The personalize-events API."""

from typing import Any

from lambdas.events.catalog import Catalog
from lambdas.events.operations import operations
from lambdas.events.targets import EventTargets
from lambdas.events.transport import connect
from lambdas.stores.records import ResourceTable
from lambdas.support import authorization
from lambdas.support.clients import client
from lambdas.support.http import serve
from lambdas.support.metrics import RequestMetrics
from lambdas.support.settings import Settings
from tastemaker.wire import Service

_settings = Settings()
_dynamodb = client("dynamodb")
_service = Service("personalize-events")
_metrics = RequestMetrics()
_operations = operations(
    EventTargets(ResourceTable(_dynamodb, _settings.resources_table)),
    connect(_settings, _dynamodb),
    Catalog(_dynamodb, _settings.catalog_table),
    _metrics,
)
_check_of = authorization.connect(_settings)


def handle(event: dict[str, Any], context: Any = None) -> dict[str, Any]:
    """One HTTP request of API Gateway."""
    _metrics.start()
    return serve(_service, event, _operations, _check_of(event, context), finish=_metrics.finish)
