"""Tasks `arn:aws:states:::states:startExecution`, with and without `.sync` and `.sync:2`.

moto passes their parameters as the definition spells them, which the model of Step Functions does not know,
and reads members of the response in the same spelling. So no such task works there. Here names are translated
both ways.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)

from local.moto_patches.sdk_tasks import replace_content, service_model, to_request, to_result


class NestedExecutionTask(StateTaskServiceSfn):
    """moto's task, with names translated both ways by the model of Step Functions."""

    def _normalise_parameters(self, parameters: dict[str, Any], *_: Any, **__: Any) -> None:
        given = {"Input": {}, **parameters}
        replace_content(parameters, to_request(given, self._operation("StartExecution").input_shape))

    def _normalise_response(
        self, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None
    ) -> None:
        name = "StartExecution" if service_action_name is None else "DescribeExecution"
        replace_content(response, to_result(response, self._operation(name).output_shape))

    @staticmethod
    def _operation(name: str) -> Any:
        return service_model("states").operation_model(name)
