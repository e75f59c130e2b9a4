"""The handler of `personalize` (create, describe, list, update, delete) and of our own service `tastemaker`.

An operation never waits: it writes the record and starts the workflow. A schedule invokes the handler to
reconcile records whose execution is missing or has ended unnoticed.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from lambdas.control.own_operations import own_operations
from lambdas.control.reconciliation import Reconciler
from lambdas.control.training_delays import report_training_delays
from lambdas.support import audit, authorization, control_plane
from lambdas.support.clients import client
from lambdas.support.http import Operation, account_of, serve
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker.control import registry
from tastemaker.control.core.ports import StartError
from tastemaker.wire import Service

SERVICE = Service("personalize")
OWN_SERVICE = Service("tastemaker")


@cache
def _operations(account: str) -> Mapping[str, Operation]:
    settings = Settings()
    workflows = control_plane.workflow_starter(settings)
    return registry.operations(control_plane.connect(settings, account, workflows=workflows))


@cache
def _check_of() -> Callable[[Mapping[str, Any], Any], authorization.Check | None]:
    return authorization.connect(Settings())


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an HTTP API request, or the schedule's `{"action": "reconcile"}`, which no request can be."""
    if event.get("action") == "reconcile":
        reconciler = _reconciler(account_of(event, context))
        result = reconciler.run()
        report_training_delays(reconciler.control)
        return result
    account = account_of(event, context)
    headers, check = event.get("headers") or {}, _check_of()(event, context)
    if not SERVICE.owns_target(headers) and OWN_SERVICE.owns_target(headers):
        return serve(OWN_SERVICE, event, own_operations(Settings(), account), check, finish=audit.write)
    return serve(SERVICE, event, _operations(account), check, finish=audit.write)


def _reconciler(account: str) -> Reconciler:
    settings = Settings()
    workflows = control_plane.workflow_starter(settings)
    lambda_client = client("lambda")

    def notify(event: dict[str, Any]) -> None:
        payload, function = json.dumps(event).encode(), settings.steps_function
        try:
            lambda_client.invoke(FunctionName=function, InvocationType="Event", Payload=payload)
        except ClientError as error:
            raise StartError(f"The steps function could not be invoked: {error}") from error

    control = control_plane.connect(settings, account, workflows=workflows)
    return Reconciler(control, workflows.machines, notify)
