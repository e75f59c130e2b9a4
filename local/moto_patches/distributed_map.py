"""A distributed map with more failed items than it tolerates fails, as on AWS. In moto it never fails.

Without `ToleratedFailureCount` and `ToleratedFailurePercentage`, one failed item is too many. With both, the
run fails if one of the two is exceeded. Step Functions stops such a run at once. Here the remaining items
still run, and then the map run fails.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html#maprun-fail-threshold
"""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    distributed_iteration_component,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

_Component = distributed_iteration_component.DistributedIterationComponent
_map_run = _Component._map_run


def install() -> None:
    """Apply the change; a second call changes nothing."""
    _Component._map_run = _checked_map_run  # type: ignore[method-assign]


def exceeds(failed: int, total: int, *, count: int, percentage: float) -> bool:
    """Whether `failed` of `total` items are more than a map tolerates. A limit of 0 is not set."""
    if not count and not percentage:
        return failed > 0
    too_many = bool(count) and failed > count
    return too_many or (bool(percentage) and 100 * failed > percentage * total)


def _checked_map_run(self: Any, env: Any, eval_input: Any) -> None:
    _map_run(self, env=env, eval_input=eval_input)
    run = eval_input.map_run_record
    counts = run.item_counter
    failed, total = counts.failed.get() + counts.timed_out.get(), counts.total.get()
    if exceeds(failed, total, count=run.tolerated_failure_count, percentage=run.tolerated_failure_percentage):
        raise FailureEventException(_failure(env, failed, total))


def _failure(env: Any, failed: int, total: int) -> FailureEvent:
    name = StatesErrorName(StatesErrorNameType.StatesExceedToleratedFailureThreshold)
    details = ExecutionFailedEventDetails(
        error=name.error_name,
        cause=f"The specified tolerated failure threshold was exceeded: {failed} of {total} items failed",
    )
    return FailureEvent(
        env=env,
        error_name=name,
        event_type=HistoryEventType.MapRunFailed,
        event_details=EventDetails(executionFailedEventDetails=details),  # type: ignore[typeddict-item]
    )
