"""The steps of the state machines: begin, succeed, fail, warm, purge, remove.

An event is {"action", "workflow", "input": the execution's input, "plan": what begin answered, "result":
what the
work answered, "error": {"Error", "Cause"}, "executionArn"}. Every step may run twice with the same effect.

EventBridge's "Step Functions Execution Status Change" may come here too: it settles the records of
executions that
died without their failure step (aborted by a person, out of time).
"""

import json
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from lambdas.steps.distributing import outcome, planned
from lambdas.steps.purging import Tables, purge
from lambdas.steps.warming import warm
from lambdas.stores.catalog import all_upserts
from lambdas.stores.lake import LakeBucket
from lambdas.support import control_plane
from lambdas.support.clients import client
from lambdas.support.observability import logger
from lambdas.support.settings import Settings
from tastemaker.contracts.workflow_names import workflow_of
from tastemaker.control.core.ports import NoWork
from tastemaker.control.workflows.steps import Workflows
from tastemaker.errors import InvalidInput

# A deletion stops so many seconds before the function would be stopped, and is called again.
MARGIN = 20.0
STATUS_CHANGE = "Step Functions Execution Status Change"
ENDED_BADLY = ("FAILED", "TIMED_OUT", "ABORTED")
# Loading a large model takes as long as the runtime function may run.
PATIENCE = Config(read_timeout=200, retries={"max_attempts": 0})


class Steps:
    """The steps, wired. One object per account and process."""

    def __init__(self, settings: Settings, account: str) -> None:
        self.settings = settings
        self.lake = LakeBucket(client("s3"), settings.lake_bucket)
        self.workflows = Workflows(
            control_plane.desk(settings, account, work=NoWork(), lake=self.lake, put=self._put)
        )

    def run(self, event: Mapping[str, Any], seconds: float) -> Any:
        """One step, which has so many seconds. Raises InvalidInput for an unknown action, and what a step
        raises:
        the state machine's failure path writes it on the record.
        """
        workflow, request = event["workflow"], event["input"]
        plan, result = event.get("plan") or {}, event.get("result") or {}
        match event["action"]:
            case "begin":
                plan = self.workflows.begin(workflow, request, event["executionArn"])
                limit = self.settings.distributed_bytes
                return planned(workflow, plan, self.lake, limit) if limit else plan
            case "outcome":
                return outcome(plan, self.lake)
            case "succeed":
                return self.workflows.succeed(workflow, request, plan, result)
            case "fail":
                return self.workflows.fail(workflow, request, plan, event.get("error"), event["executionArn"])
            case "warm":
                caller = get_session().create_client("lambda", self.settings.region, config=PATIENCE)
                return warm(caller, self.settings.runtime_function, plan["warm"])
            case "purge":
                return {"more": not self._purge(plan, seconds)}
            case "remove":
                return self.workflows.remove(request)
        raise InvalidInput(f"There is no step {event['action']!r}.")

    def settle(self, detail: Mapping[str, Any]) -> None:
        """What EventBridge says of an execution that failed, timed out or was aborted."""
        workflow = workflow_of(detail["stateMachineArn"])
        error = {"Error": detail.get("error") or detail["status"], "Cause": detail.get("cause")}
        if detail["status"] in ENDED_BADLY:
            request = json.loads(detail["input"])
            self.workflows.settle(workflow, request, error, detail["executionArn"])

    def _put(self, dataset: str) -> Iterator[tuple[str, Mapping[str, Any], float]]:
        return all_upserts(client("dynamodb"), self.settings.catalog_table, dataset)

    def _purge(self, plan: Mapping[str, Any], seconds: float) -> bool:
        settings = self.settings
        tables = Tables(
            client("dynamodb"),
            settings.catalog_table,
            settings.profiles_table,
            settings.recommendations_table,
        )
        until = time.monotonic() + max(seconds - MARGIN, 1.0)
        return purge(plan, self.lake, tables, until, time.monotonic)


@cache
def _steps(account: str) -> Steps:
    return Steps(Settings(), account)


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> Any:
    """Run one step of an execution, or settle one that ended without its failure step."""
    if event.get("detail-type") == STATUS_CHANGE:
        return _steps(event["account"]).settle(event["detail"])
    account = event["executionArn"].split(":")[4]
    seconds = context.get_remaining_time_in_millis() / 1000
    logger.append_keys(execution=event["executionArn"], workflow=event["workflow"])
    logger.info("step", extra={"action": event["action"]})
    return _steps(account).run(event, seconds)
