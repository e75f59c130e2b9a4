"""What the stack tells when it is deployed: addresses, and how a program comes to use them."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure.api import Api
from infrastructure.data.event_stream import EventStream
from infrastructure.data.lake import Lake
from tastemaker.contracts.workflow_names import WORKFLOWS

SERVICES = ("PERSONALIZE", "PERSONALIZE_RUNTIME", "PERSONALIZE_EVENTS", "TASTEMAKER")


class Outputs(Construct):
    """Stack outputs; their names are the same in every stage."""

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        api: Api,
        lake: Lake,
        events: EventStream,
        machines: Mapping[str, sfn.StateMachine],
    ) -> None:
        super().__init__(stack, "Outputs")
        self._say(
            "ApiUrl",
            api.url,
            "Endpoint of personalize, personalize-runtime, personalize-events and tastemaker",
        )
        exports = " ".join(f"AWS_ENDPOINT_URL_{service}={api.url}" for service in SERVICES)
        self._say(
            "Environment",
            f"export {exports} AWS_DATA_PATH=$PWD/clients/models",
            "Run this in a checkout, and boto3 and the AWS CLI talk to Tastemaker and sign for it",
        )
        for name, machine in machines.items():
            self._say(
                f"{WORKFLOWS[name].title}Machine",
                machine.state_machine_arn,
                f"State machine of the {name} workflow",
            )
        self._say("LakeBucket", lake.bucket.bucket_name, "Datasets, events, training inputs and models")
        self._say("EventStream", events.stream.stream_name, "Live events")
        self._say("DeadLetterQueue", events.dead_letters.queue_url, "Events that the stream function gave up")

    def _say(self, name: str, value: str, description: str) -> None:
        cdk.CfnOutput(self, name, value=value, description=description).override_logical_id(name)
