"""The `control` function: the APIs of personalize and tastemaker."""

from __future__ import annotations

from infrastructure.control_plane import run_control_plane
from infrastructure.data.tables import IN_TRANSITION_INDEX
from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import authorize_callers
from infrastructure.permissions import allow
from infrastructure.stage import Stage

RECONCILE_MINUTES = 15


def _limits(stage: Stage) -> Limits:
    # An HTTP API gives up after 30 seconds.
    return Limits(memory=stage.functions.control_memory, timeout=29)


def _connect(control: ServiceFunction, uses: Resources) -> None:
    steps = uses.functions["steps"].function
    control.set(
        STEPS_FUNCTION=steps.function_name,
        DEPLOYMENT=uses.stage.summary.to_json(),
        GENERATION_FUNCTION=uses.functions["generation"].function.function_name,
        TEXT_GENERATION=uses.stage.generation.for_functions("").to_json(),
    )
    authorize_callers(control, uses.stage)
    run_control_plane(control, uses)
    # Reconciliation finds records whose execution was lost. The steps function settles them.
    index = f"{uses.tables.resources.table_arn}/index/{IN_TRANSITION_INDEX}"
    allow(control.role, ["dynamodb:Query"], [index])
    texts = uses.functions["generation"].function
    allow(control.role, ["lambda:InvokeFunction"], [steps.function_arn, texts.function_arn])
    uses.schedules.call(
        "Reconcile", control.function, minutes=RECONCILE_MINUTES, event={"action": "reconcile"}
    )


FUNCTION = FunctionDeclaration(
    name="control",
    description="personalize: creates, describes, lists, updates and deletes resources",
    limits=_limits,
    connect=_connect,
)
