"""moto's interpreter of state machines: clients with the role of the machine, and SageMaker training tasks.

- moto's `boto_client_for` signs with fixed keys and calls a fixed port. Here clients call the endpoint with
  the role of the state machine.
- Dates in a response make moto's `DescribeExecution` fail. Here they become ISO strings, as in Step
  Functions.
- moto does not support `sagemaker:createTrainingJob.sync`. Here it polls the job, and stops the job when the
  execution is stopped, as Step Functions does.
- An execution that is stopped in moto may fail instead of ending ABORTED: see `stopped_executions.py`.
- A distributed map in moto tolerates all failed items: see `distributed_map.py`.
- `aws-sdk` tasks of moto cannot call services such as Personalize: see `sdk_tasks.py`.
- State machines of stacks are created where nothing runs them in moto: see `stack_resources.py`.
- JSON paths of moto have a list where AWS has a value, and the reverse: see `json_paths.py`.
- Tasks of moto cannot start other executions: see `nested_executions.py`.
- Where moto passes an error on, it rejects a name that starts with "States.": in a Fail state, and in a
  failed branch of a Parallel or iteration of a Map. Here the error has its name, as on AWS.
- In moto's `DescribeExecution`, an output that is a text is not JSON, and an output of null is missing.
"""

from __future__ import annotations

import datetime
import json
import sys
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback as callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils import boto_client, json_path
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.responses import StepFunctionResponse

from local.moto_patches import (
    distributed_map,
    json_paths,
    role_arn_paths,
    stack_resources,
    stopped_executions,
)
from local.moto_patches.nested_executions import NestedExecutionTask
from local.moto_patches.sdk_tasks import SdkTask

MANAGED_BY = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
ClientOf = Callable[[str, str], Any]  # service, role ARN → boto3 client

_original_client_for = boto_client.boto_client_for
_original_service_for = state_task_service_factory.state_task_service_for
_original_describe_execution = StepFunctionResponse.describe_execution
_client_of: ClientOf | None = None
_clients: dict[tuple[str, str], Any] = {}
_clients_lock = threading.Lock()

# Parameters are not validated, because they arrive as the definition spells them. The definition has the
# retries.
CLIENT_CONFIG = {"parameter_validation": False, "retries": {"total_max_attempts": 1}, "read_timeout": 3600}
_TRAINING_PARAMETERS = {
    "AlgorithmSpecification",
    "CheckpointConfig",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "EnableNetworkIsolation",
    "Environment",
    "HyperParameters",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "RetryStrategy",
    "RoleArn",
    "StoppingCondition",
    "Tags",
    "TrainingJobName",
    "VpcConfig",
}


def install(client_of: ClientOf) -> None:
    """Let the interpreter get its clients from `client_of`; a second call replaces the first."""
    global _client_of
    _client_of = client_of
    stopped_executions.install()
    distributed_map.install()
    role_arn_paths.install()
    stack_resources.install()
    _clients.clear()
    _replace_in_moto("boto_client_for", _original_client_for, _client_for)
    _replace_in_moto("CustomErrorName", CustomErrorName, _error_name)
    _replace_in_moto("extract_json", json_path.extract_json, json_paths.extract_json)
    state_task_factory.state_task_service_for = _service_for  # type: ignore[attr-defined]
    StepFunctionResponse.describe_execution = _describe_execution  # type: ignore[method-assign]


def _replace_in_moto(name: str, old: Any, new: Any) -> None:
    """Replace a name in all modules of moto's interpreter that have imported it.

    The parser of definitions keeps moto's: it must refuse unknown names.
    """
    for module_name, module in list(sys.modules.items()):
        ours = module_name.startswith("moto.stepfunctions") and not module_name.endswith(".preprocessor")
        if ours and getattr(module, name, None) is old:
            setattr(module, name, new)


def _error_name(error_name: str | None) -> ErrorName:
    """The name of an error that a state passes on, as one of Step Functions' own if it is one."""
    try:
        return StatesErrorName.from_name(error_name or "")
    except ValueError:
        return ErrorName(error_name)


def _describe_execution(self: StepFunctionResponse) -> ActionResult:
    answer = _original_describe_execution(self)
    execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
    described: Any = answer.result
    if described["status"] == "SUCCEEDED" and (execution.output is None or isinstance(execution.output, str)):
        described["output"] = json.dumps(execution.output)
    return answer


def _client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    assert _client_of is not None and state_credentials is not None
    key = (service, state_credentials.role_arn)
    with _clients_lock:
        if key not in _clients:
            client = _client_of(*key)
            client.meta.events.register("after-call", lambda parsed, **_: _dates_to_text(parsed))
            _clients[key] = client
        return _clients[key]


def _dates_to_text(value: Any) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        if isinstance(item, datetime.datetime):
            value[key] = item.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        else:
            _dates_to_text(item)


def _service_for(service_name: str) -> Any:
    own: dict[str, Callable[[], Any]] = {
        "sagemaker": TrainingTask,
        "aws-sdk": SdkTask,
        "states": NestedExecutionTask,
    }
    return own[service_name]() if service_name in own else _original_service_for(service_name)


class TrainingTask(callback.StateTaskServiceCallback):
    """The task `arn:aws:states:::sagemaker:createTrainingJob`, with and without `.sync`.

    moto passes the parameter `normalised_parameters` by name, in British spelling.
    """

    def __init__(self) -> None:
        # moto's callback code needs the endpoint that WaitForTaskToken creates.
        super().__init__({ResourceCondition.Sync, ResourceCondition.WaitForTaskToken})  # type: ignore[arg-type]

    def _get_supported_parameters(self) -> set[str] | None:
        """None makes CreateStateMachine refuse the resource."""
        return _TRAINING_PARAMETERS if self.resource.api_action.lower() == "createtrainingjob" else None

    def _eval_service_task(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        client = _client_for(resource_runtime_part.region, "sagemaker", state_credentials)
        tags = [*normalised_parameters.get("Tags", []), *self._own_tags()]
        response = client.create_training_job(**normalised_parameters | ({"Tags": tags} if tags else {}))
        response.pop("ResponseMetadata", None)
        env.stack.append(response)

    def _own_tags(self) -> list[dict[str, str]]:
        """The tag that Step Functions gives to jobs that it waits for. It needs `sagemaker:AddTags`."""
        return [MANAGED_BY] if self.resource.condition == ResourceCondition.Sync else []

    def _build_sync_resolver(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> Callable[[], Any]:
        env.stack.pop()
        client = _client_for(resource_runtime_part.region, "sagemaker", state_credentials)
        name = normalised_parameters["TrainingJobName"]

        def poll() -> Any:
            job = client.describe_training_job(TrainingJobName=name)
            job.pop("ResponseMetadata", None)
            if job["TrainingJobStatus"] in ("InProgress", "Stopping"):
                return None
            if job["TrainingJobStatus"] == "Completed":
                return job
            raise FailureEventException(
                self._failure(env, StatesErrorName(StatesErrorNameType.StatesTaskFailed), to_json_str(job))
            )

        return poll

    def _eval_integration_pattern(
        self,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        """Wait for the job, and stop it if the execution is stopped or the state times out."""
        try:
            super()._eval_integration_pattern(
                env, resource_runtime_part, normalised_parameters, state_credentials
            )
        finally:
            if not env.is_running():
                client = _client_for(resource_runtime_part.region, "sagemaker", state_credentials)
                client.stop_training_job(TrainingJobName=normalised_parameters["TrainingJobName"])

    def _from_error(self, env: Any, ex: Exception) -> FailureEvent:
        if isinstance(ex, ClientError):
            error = ex.response["Error"]
            return self._failure(env, CustomErrorName(f"SageMaker.{error['Code']}"), error["Message"])
        return super()._from_error(env=env, ex=ex)

    def _failure(self, env: Any, name: ErrorName, cause: str) -> FailureEvent:
        details = TaskFailedEventDetails(
            error=name.error_name,
            cause=cause,
            resource=self._get_sfn_resource(),
            resourceType=self._get_sfn_resource_type(),
        )
        return FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=details),  # type: ignore[typeddict-item]
        )
