"""The steps of the state machines: begin, outcome, succeed, fail, warm, purge, remove.

An event is {"action", "workflow", "input", "plan", "result", "error", "executionArn"}. `input` is the input
of the execution, `plan` what begin returned, `result` what the work returned, `error` {"Error", "Cause"}.
Every step may run twice with the same effect.

The function also receives EventBridge's "Step Functions Execution Status Change". It then settles the records
of executions that ended without their failure step: stopped by a person, or timed out.
"""

import json
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from botocore.config import Config
from botocore.session import get_session

from lambdas.steps.distributing import add_distribution, read_outcome
from lambdas.steps.purging import Tables, purge
from lambdas.steps.warming import MAX_REQUESTS, warm
from lambdas.stores.catalog import all_upserts
from lambdas.stores.lake import LakeBucket
from lambdas.stores.plans import by_reference, resolved
from lambdas.support import control_plane
from lambdas.support.clients import client
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker.contracts.plans import DeletePlan
from tastemaker.contracts.workflow_names import workflow_of
from tastemaker.control.core.ports import NoWorkflows
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import InvalidInput

MARGIN_SECONDS = 20.0
"""A purge stops this long before the function's time is up, and is called again."""
STATUS_CHANGE = "Step Functions Execution Status Change"
UNSUCCESSFUL = ("FAILED", "TIMED_OUT", "ABORTED")
WARMING_CONFIG = Config(read_timeout=200, retries={"max_attempts": 0}, max_pool_connections=MAX_REQUESTS)
"""Loading a large model takes as long as the runtime function may run."""


class Steps:
    """The steps, wired: one object per account and process."""

    def __init__(self, settings: Settings, account: str) -> None:
        self.settings = settings
        self.lake = LakeBucket(client("s3"), settings.lake_bucket)
        self.workflows = WorkflowSteps(
            control_plane.connect(
                settings, account, workflows=NoWorkflows(), lake=self.lake, upserts=self._upserts
            )
        )

    def run(self, event: Mapping[str, Any], seconds: float) -> Any:
        """Run one step within `seconds`.

        Raises InvalidInput for an unknown action, and the errors of the step, which the failure path of the
        state machine stores on the record.
        """
        workflow, request = event["workflow"], event["input"]
        plan, result = event.get("plan") or {}, event.get("result") or {}
        if event["action"] != "fail":  # a failure needs the ARN only
            plan = resolved(self.lake, plan)
        match event["action"]:
            case "begin":
                plan = self.workflows.begin(workflow, request, event["executionArn"])
                limit = self.settings.distributed_bytes
                plan = add_distribution(workflow, plan, self.lake, limit) if limit else plan
                return by_reference(self.lake, plan, event["executionArn"])
            case "outcome":
                return read_outcome(plan, self.lake)
            case "succeed":
                return self.workflows.succeed(workflow, request, plan, result)
            case "fail":
                return self.workflows.fail(workflow, request, plan, event.get("error"), event["executionArn"])
            case "warm":
                caller = get_session().create_client("lambda", self.settings.region, config=WARMING_CONFIG)
                settings = self.settings
                return warm(caller, settings.runtime_function, plan["warm"], settings.runtime_environments)
            case "purge":
                return {"more": not self._purge(cast(DeletePlan, plan), seconds)}
            case "remove":
                return self.workflows.remove(request)
        raise InvalidInput(f"There is no step {event['action']!r}.")

    def settle(self, detail: Mapping[str, Any]) -> None:
        """Settle the record of an execution that EventBridge reports as failed, timed out or aborted."""
        workflow = workflow_of(detail["stateMachineArn"])
        error = {"Error": detail.get("error") or detail["status"], "Cause": detail.get("cause")}
        if detail["status"] in UNSUCCESSFUL:
            request = json.loads(detail["input"])
            self.workflows.settle(workflow, request, error, detail["executionArn"])

    def _upserts(self, catalog: str) -> Iterator[tuple[str, Mapping[str, Any], float]]:
        return all_upserts(client("dynamodb"), self.settings.catalog_table, catalog)

    def _purge(self, plan: DeletePlan, seconds: float) -> bool:
        settings = self.settings
        tables = Tables(
            client("dynamodb"),
            settings.catalog_table,
            settings.profiles_table,
            settings.recommendations_table,
        )
        until = time.monotonic() + max(seconds - MARGIN_SECONDS, 1.0)
        return purge(plan, self.lake, tables, until, time.monotonic)


@cache
def _steps(account: str) -> Steps:
    return Steps(Settings(), account)


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> Any:
    """Run one step of an execution, or settle an execution that ended without its failure step."""
    if event.get("detail-type") == STATUS_CHANGE:
        return _steps(event["account"]).settle(event["detail"])
    account = event["executionArn"].split(":")[4]
    seconds = context.get_remaining_time_in_millis() / 1000
    logger.append_keys(execution=event["executionArn"], workflow=event["workflow"])
    logger.info("step", extra={"action": event["action"]})
    return _steps(account).run(event, seconds)
