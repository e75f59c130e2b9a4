"""The control plane, wired to AWS."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lambdas.stores.records import ResourceTable
from lambdas.support.clients import client
from lambdas.support.job_metrics import JobMetricsListener
from lambdas.support.partitions import partition_of
from lambdas.support.schedules import Schedules
from lambdas.support.settings import Settings
from lambdas.support.state_machines import StateMachines
from lambdas.support.status_events import EventBus
from tastemaker.contracts.arns import AccountScope
from tastemaker.control import registry
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.locations import CallerLimits
from tastemaker.control.core.ports import ignore_status_changes
from tastemaker.control.core.quotas import Quotas


class RandomIds:
    """New identifiers, from the operating system's randomness."""

    def uuid(self) -> str:
        return str(uuid.uuid4())

    def short(self) -> str:
        return uuid.uuid4().hex[:8]


@dataclass(frozen=True)
class AwsWorkflows:
    """A `WorkflowStarter` on Step Functions and EventBridge Scheduler."""

    machines: StateMachines
    schedules: Schedules

    @property
    def start(self) -> Callable[..., None]:
        return self.machines.start

    @property
    def stop(self) -> Callable[..., bool]:
        return self.machines.stop

    @property
    def schedule(self) -> Callable[..., None]:
        return self.schedules.schedule

    @property
    def unschedule(self) -> Callable[..., None]:
        return self.schedules.unschedule


def workflow_starter(settings: Settings) -> AwsWorkflows:
    """The workflows that the control function may start."""
    machines = settings.machine_arns
    schedules = Schedules(settings.schedule_group, settings.schedule_role_arn, machines)
    return AwsWorkflows(StateMachines(machines), schedules)


def connect(settings: Settings, account: str, **ports: Any) -> ControlPlane:
    """The control plane of an account, on the resources table.

    `ports` are the fields of `Ports` that differ between functions: `workflows`, `lake`, `upserts`.
    """
    bus = ignore_status_changes if settings.event_bus is None else EventBus(settings.event_bus)
    ports.setdefault("on_status_change", JobMetricsListener(bus))
    return registry.control_plane(
        scope=AccountScope(partition_of(settings.region), settings.region, account),
        repository=ResourceTable(client("dynamodb"), settings.resources_table),
        clock=time.time,
        ids=RandomIds(),
        quotas=Quotas(settings.quotas),
        model_disk_megabytes=settings.model_disk_megabytes,
        caller_limits=CallerLimits(frozenset(settings.reserved_buckets), settings.import_roles),
        auto_training_delay=settings.auto_training_delay_minutes * 60.0,
        **ports,
    )
