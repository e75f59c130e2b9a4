"""The outputs of the stack: addresses, and the environment of programs that use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infrastructure.api import Api
from infrastructure.data.event_transport import EventTransport
from infrastructure.data.lake import Lake
from infrastructure.data.tables import Tables
from infrastructure.monitoring import Monitoring
from tastemaker.contracts.api_endpoint import API_URL, LAKE_BUCKET, OUR_SERVICES, ROLE_TRUST
from tastemaker.contracts.lake_layout import FAILED_BATCHES
from tastemaker.contracts.workflow_names import WORKFLOWS

SERVICES = tuple(name.upper().replace("-", "_") for name in OUR_SERVICES)


class Outputs(Construct):
    """Stack outputs. Their names are the same in every stage."""

    def __init__(
        self,
        stack: cdk.Stack,
        *,
        api: Api,
        lake: Lake,
        tables: Tables,
        events: EventTransport,
        machines: Mapping[str, sfn.StateMachine],
        monitoring: Monitoring,
        trusted: Sequence[str],
        external_id: str,
    ) -> None:
        """`trusted` are the ARNs of the roles that assume callers' roles with the external ID."""
        super().__init__(stack, "Outputs")
        self._addresses(api.url)
        for name, machine in machines.items():
            self._output(
                f"{WORKFLOWS[name].title}Machine",
                machine.state_machine_arn,
                f"State machine of the {name} workflow",
            )
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": list(trusted)},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        }
        self._output(
            ROLE_TRUST,
            stack.to_json_string(trust),
            "Add this statement to the trust policy of each role that programs pass to Personalize",
        )
        self._data(lake, tables, events)
        self._topics(monitoring)

    def _addresses(self, url: str) -> None:
        self._output(
            API_URL,
            url,
            "Endpoint of personalize, personalize-runtime, personalize-events and tastemaker",
        )
        self._output("SearchUrl", f"{url}/search", "Host of OpenSearch clients (docs/search.md)")
        exports = " ".join(f"AWS_ENDPOINT_URL_{service}={url}" for service in SERVICES)
        self._output(
            "Environment",
            f"export {exports} AWS_DATA_PATH=$PWD/clients/models",
            "Run this in a checkout: boto3 and the AWS CLI then send signed requests to Tastemaker",
        )

    def _data(self, lake: Lake, tables: Tables, events: EventTransport) -> None:
        self._output(LAKE_BUCKET, lake.bucket.bucket_name, "Datasets, events, training inputs and models")
        self._output("RecommendationsTable", tables.recommendations.table_name, "Logs of what was shown")
        if events.stream is not None:
            self._output("EventStream", events.stream.stream_name, "Live events")
            self._output(
                "FailedBatches",
                lake.bucket.s3_url_for_object(FAILED_BATCHES),
                "Events that the stream function failed on: make replay sends them again",
            )

    def _topics(self, monitoring: Monitoring) -> None:
        if monitoring.topic_arn:
            self._output("AlarmTopic", monitoring.topic_arn, "Subscribe to it to get the alarms")
        if monitoring.paging_topic_arn:
            self._output(
                "PagingTopic",
                monitoring.paging_topic_arn,
                "Subscribe a pager to it: customers see errors, data does not arrive, or models get old",
            )

    def _output(self, name: str, value: str, description: str) -> None:
        cdk.CfnOutput(self, name, value=value, description=description).override_logical_id(name)
