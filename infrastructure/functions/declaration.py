"""The declaration of a function: limits, environment and permissions, in one file per function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aws_cdk import aws_events as eventbridge
from aws_cdk import aws_stepfunctions as sfn

from infrastructure.data.event_transport import EventTransport
from infrastructure.data.lake import Lake
from infrastructure.data.tables import Tables
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.schedules import Schedules
from infrastructure.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Resources:
    """The constructs that functions use. `machines` has the state machine of each workflow."""

    stage: Stage
    lake: Lake
    tables: Tables
    events: EventTransport
    bus: eventbridge.EventBus
    schedules: Schedules
    machines: Mapping[str, sfn.StateMachine]
    functions: Mapping[str, ServiceFunction]


@dataclass(frozen=True, kw_only=True)
class FunctionDeclaration:
    """One function. A file in this folder declares it as `FUNCTION`.

    The code is `lambdas/<name>` and `tastemaker`, with the packages in `lambdas/requirements-<name>.txt`.
    `limits` reads the stage's settings. `connect` sets the environment and grants the permissions; it runs
    when all constructs exist. A stage has the function if `wanted`.
    """

    name: str
    description: str
    limits: Callable[[Stage], Limits]
    connect: Callable[[ServiceFunction, Resources], None]
    wanted: Callable[[Stage], bool] = lambda stage: True
