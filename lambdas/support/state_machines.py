"""Starting and stopping the state machines."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from lambdas.support.clients import client
from tastemaker.control.core.ports import StartError


class StateMachines:
    """Starts, describes and stops executions: the part of `WorkflowStarter` that Step Functions does.

    `machines` maps a workflow to the ARN of its state machine. `states` and `sagemaker` are clients for
    tests.
    """

    def __init__(self, machines: Mapping[str, str], states: Any = None, sagemaker: Any = None) -> None:
        self.machines = machines
        self._given = states, sagemaker

    @cached_property
    def _states(self) -> Any:
        return self._given[0] or client("stepfunctions")

    @cached_property
    def _sagemaker(self) -> Any:
        return self._given[1] or client("sagemaker")

    def start(self, workflow: str, name: str, request: Mapping[str, Any]) -> None:
        """Start an execution. Starting the same name again does nothing. Raises StartError."""
        if workflow not in self.machines:
            raise StartError(f"There is no state machine for {workflow}.")
        try:
            self._states.start_execution(
                stateMachineArn=self.machines[workflow], name=name, input=json.dumps(request)
            )
        except ClientError as error:
            if _code(error) != "ExecutionAlreadyExists":
                raise StartError(f"The {workflow} state machine could not be started: {error}") from error

    def describe(self, workflow: str, name: str) -> dict[str, Any] | None:
        """The description of an execution, or None if Step Functions does not know it.

        `name` is the name that it was started with, or its ARN. Raises StartError.
        """
        arn = name if name.startswith("arn:") else self._execution_arn(workflow, name)
        try:
            found: dict[str, Any] = self._states.describe_execution(executionArn=arn)
        except ClientError as error:
            if _code(error) == "ExecutionDoesNotExist":
                return None
            raise StartError(f"The {workflow} execution could not be described: {error}") from error
        return found

    def stop(self, workflow: str, name: str, job: str | None) -> bool:
        """Stop the training job, so that its execution ends on its own failure path, and return True.

        If there is no job, or if it has ended, stop the execution, which then reports nothing, and return
        False. Raises StartError.
        """
        if job is not None and self._stop_job(job):
            return True
        arn = name if name.startswith("arn:") else self._execution_arn(workflow, name)
        try:
            self._states.stop_execution(executionArn=arn, error="Stopped", cause="Stopped by a person.")
        except ClientError as error:
            if _code(error) not in ("ExecutionDoesNotExist", "ValidationException"):
                raise StartError(f"The {workflow} execution could not be stopped: {error}") from error
        return False

    def _stop_job(self, job: str) -> bool:
        try:
            self._sagemaker.stop_training_job(TrainingJobName=job)
        except ClientError as error:
            # SageMaker calls an unknown job, and one that has ended, a ValidationException.
            if _code(error) in ("ValidationException", "ResourceNotFound"):
                return False
            raise StartError(f"The training job {job} could not be stopped: {error}") from error
        return True

    def _execution_arn(self, workflow: str, name: str) -> str:
        return f"{self.machines[workflow].replace(':stateMachine:', ':execution:')}:{name}"


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
