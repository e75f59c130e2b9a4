"""The `runtime` function: the API of personalize-runtime."""

from __future__ import annotations

from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import answer_with_models, authorize_callers
from infrastructure.permissions import allow
from infrastructure.stage import Stage


def _limits(stage: Stage) -> Limits:
    return Limits(
        memory=stage.functions.runtime_memory,
        # The API waits 30 seconds; the deployment of a large model waits longer while this function loads it.
        timeout=180,
        disk=stage.functions.runtime_disk,
        provisioned=stage.functions.runtime_provisioned,
    )


def _connect(runtime: ServiceFunction, uses: Resources) -> None:
    tables = uses.tables
    runtime.set(
        RECOMMENDATIONS_TABLE=tables.recommendations.table_name,
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
    )
    authorize_callers(runtime, uses.stage)
    answer_with_models(runtime, uses)
    allow(runtime.role, ["dynamodb:GetItem", "dynamodb:PutItem"], [tables.recommendations.table_arn])


FUNCTION = FunctionDeclaration(
    name="runtime",
    description="personalize-runtime: answers with recommendations and rankings",
    limits=_limits,
    connect=_connect,
)
