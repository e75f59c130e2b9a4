"""The handler of declared resources.

- CloudFormation sends a request about a custom resource. The handler starts an execution of the `declare`
  workflow and returns. A request that arrives twice starts one execution, which has the name of the request.
  The address of the answer stays out of the execution.
- The workflow calls `{"action": "step"}` until the request is answered, and `{"action": "fail"}` if the
  function itself fails.
- A schedule of a user's stack calls `{"action": "create"}`: a job, once for each scheduled time.
- CloudFormation sends a template that names the deployment's transform.
- The workflow `mailing` calls `{"action": "mail"}`.
- A person calls `{"action": "drift"}`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.declaring.addresses import AnswerAddresses
from lambdas.declaring.answering import send
from lambdas.declaring.jobs import create_job
from lambdas.declaring.mailings import mail
from lambdas.support import control_plane
from lambdas.support.clients import client
from lambdas.support.http import account_of
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker.contracts.workflow_names import DECLARE
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.ports import StartError
from tastemaker.declaration import custom_resources
from tastemaker.declaration.conversion import converted
from tastemaker.declaration.drift import declared_drift, drifts
from tastemaker.declaration.lifecycle import DeclaredLifecycle
from tastemaker.declaration.outcomes import Failed, Waiting

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2, 30
"""Steps of a request are repeated after a tenth of the time that it has taken, within these limits."""


@cache
def _control(account: str) -> ControlPlane:
    settings = Settings()
    return control_plane.connect(settings, account, workflows=control_plane.workflow_starter(settings))


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one of the events above."""
    account = account_of(event, context)
    if "ResponseURL" in event and "RequestType" in event:
        return _begin(_control(account), event)
    if "fragment" in event and "transformId" in event:
        fragment = converted(event["fragment"], context.invoked_function_arn)
        return {"requestId": event["requestId"], "status": "success", "fragment": fragment}
    match event.get("action"):
        case "step":
            return _step(_control(account), event["input"], event["startedAt"])
        case "fail":
            _fail(_control(account), event["input"], event.get("error") or {})
            return {"done": True}
        case "create":
            return create_job(DeclaredLifecycle(_control(account)), event)
        case "mail":
            return mail(DeclaredLifecycle(_control(account)), event)
        case "drift":
            return _drift(_control(account), event)
    raise ValueError("The event is no request of CloudFormation, and no action of a workflow.")


def _begin(control: ControlPlane, event: Mapping[str, Any]) -> dict[str, Any]:
    """Start the execution that answers the request. If it cannot start, answer at once."""
    name = re.sub(r"[^A-Za-z0-9-]", "-", f"{event['LogicalResourceId'][:30]}-{event['RequestId']}")[:80]
    _addresses().keep(str(event["RequestId"]), str(event["ResponseURL"]))
    request = {member: value for member, value in event.items() if member != "ResponseURL"}
    logger.info("request", extra={"request": event["RequestType"], "resource": event["LogicalResourceId"]})
    try:
        control.ports.workflows.start(DECLARE, name, request)
    except StartError as error:
        _answer(event, custom_resources.answer(event, Failed(str(error), event.get("PhysicalResourceId"))))
    return {"execution": name}


def _step(control: ControlPlane, event: Mapping[str, Any], started_at: str) -> dict[str, Any]:
    """Do what can be done now. Returns `{"done": true}`, or in how many seconds to try again, and why."""
    started = datetime.fromisoformat(started_at.replace("Z", "+00:00"))
    seconds = (datetime.now(UTC) - started).total_seconds()
    outcome = custom_resources.step(DeclaredLifecycle(control), event, seconds)
    if isinstance(outcome, Waiting):
        pause = int(min(max(seconds / 10, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS))
        logger.info("waiting", extra={"resource": event["LogicalResourceId"], "reason": outcome.reason})
        return {"done": False, "seconds": pause, "reason": outcome.reason}
    _answer(event, outcome)
    return {"done": True, "status": outcome["Status"]}


def _fail(control: ControlPlane, event: Mapping[str, Any], error: Mapping[str, Any]) -> None:
    """Answer that this function itself has failed, so that the stack does not wait for an hour.

    CloudFormation may already have the answer of a step: then the resource is in use, and nothing changes.
    """
    if _address(event) is None:
        logger.warning("answered before", extra={"resource": event["LogicalResourceId"]})
        return
    reason = f"Tastemaker's function failed: {error.get('Error')}. Its log has the details."
    _answer(event, custom_resources.fail(DeclaredLifecycle(control), event, reason))


def _answer(event: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Send the answer to a request. A step that Lambda repeats after that sends nothing."""
    url = _address(event)
    details = {"resource": event["LogicalResourceId"], "status": answer["Status"]}
    if url is None:
        logger.warning("answered before", extra=details)
        return
    logger.info("answer", extra=details)
    send(url, answer, Settings().region, os.environ.get("AWS_ENDPOINT_URL"))
    try:
        _addresses().forget(str(event["RequestId"]))
    except (BotoCoreError, ClientError) as error:  # the address expires; the answer has arrived
        logger.warning("address not forgotten", extra={**details, "error": type(error).__name__})


def _address(event: Mapping[str, Any]) -> str | None:
    """Where the answer to a request goes; None if it has been answered."""
    # Executions that an earlier version has started have the address in their input.
    return event.get("ResponseURL") or _addresses().find(str(event["RequestId"]))


def _addresses() -> AnswerAddresses:
    return AnswerAddresses(client("dynamodb"), Settings().resources_table)


def _drift(control: ControlPlane, event: Mapping[str, Any]) -> dict[str, Any]:
    """The drift of the given ARNs, or of all that a stack (`stackId`) has declared, or of everything."""
    arns = event.get("arns")
    found = drifts(control, arns) if arns is not None else declared_drift(control, event.get("stackId", ""))
    return {"drift": [asdict(one) for one in found]}
