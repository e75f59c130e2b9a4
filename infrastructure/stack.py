"""The stack: creates the constructs and wires them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as eventbridge
from constructs import Construct

from infrastructure.api import Api
from infrastructure.data.event_transport import EventTransport
from infrastructure.data.lake import Lake
from infrastructure.data.tables import Tables
from infrastructure.distributed import Distributed
from infrastructure.encryption import Encryption
from infrastructure.functions.declaration import Resources
from infrastructure.functions.registry import Functions
from infrastructure.grants import CALLER_DATA_FUNCTIONS, external_id
from infrastructure.monitoring import Monitoring
from infrastructure.outputs import Outputs
from infrastructure.schedules import Schedules
from infrastructure.stage import Stage
from infrastructure.training import Training
from infrastructure.workflows.declaration import WorkflowResources
from infrastructure.workflows.registry import Workflows
from tastemaker.contracts.workflow_names import WORKFLOWS


class TastemakerStack(cdk.Stack):
    """All of Tastemaker in one account and region."""

    def __init__(self, scope: Construct, *, stage: Stage) -> None:
        super().__init__(
            scope,
            stage.stack_name,
            description="Tastemaker: Amazon Personalize that you own",
            termination_protection=stage.termination_protection,
            env=cdk.Environment(account=stage.account or None, region=stage.region or None),
        )
        if stage.own_key:
            Encryption(self, stage=stage)
        lake = Lake(self, "Lake", stage=stage)
        tables = Tables(self, "Tables", stage=stage)
        events = EventTransport(self, "Events", stage=stage, lake=lake)
        bus = eventbridge.EventBus(self, "Bus", event_bus_name=stage.stack_name)
        functions = Functions(self, "Functions", stage=stage)
        workflows = self._workflows(stage, lake, functions)
        schedules = self._schedules(stage, workflows)
        functions.connect(
            Resources(
                stage=stage,
                lake=lake,
                tables=tables,
                events=events,
                bus=bus,
                schedules=schedules,
                machines=workflows.all,
                functions=functions.all,
            )
        )
        api = self._api(stage, functions)
        monitoring = self._monitoring(stage, api, functions, events, workflows, schedules)
        Outputs(
            self,
            api=api,
            lake=lake,
            tables=tables,
            events=events,
            machines=workflows.all,
            monitoring=monitoring,
            trusted=[functions[name].role.role_arn for name in CALLER_DATA_FUNCTIONS],
            external_id=external_id(stage),
        )
        for key, value in {"application": "tastemaker", "stage": stage.name, **stage.tags}.items():
            cdk.Tags.of(self).add(key, value)

    def _schedules(self, stage: Stage, workflows: Workflows) -> Schedules:
        """What schedules need to start the workflows that may be scheduled."""
        machines = [workflows.all[name] for name, row in WORKFLOWS.items() if row.scheduled]
        arns = [machine.state_machine_arn for machine in machines]
        return Schedules(self, "Schedules", stage=stage, machine_arns=arns)

    def _api(self, stage: Stage, functions: Functions) -> Api:
        return Api(
            self,
            "Api",
            stage=stage,
            control=functions["control"].target,
            runtime=functions["runtime"].target,
            events=functions["events"].target,
            search=functions["search"].target,
        )

    def _monitoring(
        self,
        stage: Stage,
        api: Api,
        functions: Functions,
        events: EventTransport,
        workflows: Workflows,
        schedules: Schedules,
    ) -> Monitoring:
        return Monitoring(
            self,
            "Monitoring",
            stage=stage,
            api=api,
            functions=functions.all,
            events=events,
            workflows=workflows,
            schedule_group=schedules.group_name,
        )

    def _workflows(self, stage: Stage, lake: Lake, functions: Functions) -> Workflows:
        """The state machine of each workflow, and the jobs that the machines start."""
        spark = None
        if stage.distributed.enabled:
            spark = Distributed(self, "Distributed", stage=stage, lake=lake)
        resources = WorkflowResources(
            stage=stage,
            lake=lake,
            functions={name: one.function for name, one in functions.all.items()},
            training=Training(self, "Training", stage=stage, lake=lake),
            spark=spark,
        )
        return Workflows(self, "Workflows", uses=resources)
