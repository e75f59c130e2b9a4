"""personalize: create, describe, list, update, delete. Never waits: it writes the record and starts the
work."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from lambdas.common import desks
from lambdas.common.http import Operation, account_of, serve
from lambdas.common.observability import logger
from lambdas.common.settings import Settings
from tastemaker.resources import control
from tastemaker.wire import Service

SERVICE = Service("personalize")


@cache
def _operations(account: str) -> Mapping[str, Operation]:
    settings = Settings()
    return control.operations(desks.desk(settings, account, work=desks.work(settings)))


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API request."""
    return serve(SERVICE, event, _operations(account_of(event, context)))
