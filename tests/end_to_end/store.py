"""What an end-to-end test of a job needs: a bucket, a role, imported data, and trained models."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3

from tests.end_to_end import shop
from tests.standard_schemas import EVENT_TYPE, FIELDS, ITEM_ID, TIMESTAMP, USER_ID, avro
from tests.standard_schemas import field as schema_field

WAIT_SECONDS = 300
SCHEMAS: dict[str, list[dict[str, Any]]] = {
    "Interactions": [USER_ID, ITEM_ID, TIMESTAMP, EVENT_TYPE],
    "Items": [
        ITEM_ID,
        schema_field("AISLE", categorical=True),
        schema_field("PRICE", "float"),
        schema_field("DESCRIPTION", ["null", "string"], textual=True),
    ],
    "Users": FIELDS["Users"],
}


def until(ask: Callable[[], dict[str, Any]], *good: str) -> dict[str, Any]:
    """Ask until the status is one of `good`. A failed job fails the test with its reason."""
    deadline = time.time() + WAIT_SECONDS
    while time.time() < deadline:
        resource = ask()
        if resource["status"] in good:
            return resource
        assert "FAILED" not in resource["status"], resource.get("failureReason")
        time.sleep(0.2)
    raise AssertionError(f"not {good} within {WAIT_SECONDS} seconds")


@dataclass
class Store:
    """A dataset group in the local run, under a name that no other test uses.

    `domain` and `schemas` are for tests that need others than the shop's.
    """

    endpoint: str
    name: str
    datasets: dict[str, str] = field(default_factory=dict)
    domain: str | None = None
    schemas: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: SCHEMAS)

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1")

    @cached_property
    def personalize(self) -> Any:
        return self.client("personalize")

    @cached_property
    def s3(self) -> Any:
        return self.client("s3")

    @cached_property
    def bucket(self) -> str:
        self.s3.create_bucket(Bucket=f"{self.name}-data")
        return f"{self.name}-data"

    @cached_property
    def role(self) -> str:
        iam = self.client("iam")
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "personalize.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        name = f"PersonalizeRole-{self.name}"
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess")
        return arn

    @cached_property
    def group(self) -> str:
        arn: str = self.personalize.create_dataset_group(name=self.name, **self._domain)["datasetGroupArn"]
        return arn

    @property
    def _domain(self) -> dict[str, str]:
        return {"domain": self.domain} if self.domain else {}

    @cached_property
    def tracking_id(self) -> str:
        tracker = self.personalize.create_event_tracker(name=self.name, datasetGroupArn=self.group)
        found: str = tracker["trackingId"]
        return found

    def send(self, session: str, *events: dict[str, Any], user: str | None = None) -> None:
        """Send events of this moment for a session, which may belong to a user."""
        who = {"userId": user} if user else {}
        self.client("personalize-events").put_events(
            trackingId=self.tracking_id,
            sessionId=session,
            eventList=[{"sentAt": int(time.time()), **event} for event in events],
            **who,
        )

    def put(self, key: str, text: str) -> str:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())
        return f"s3://{self.bucket}/{key}"

    def text(self, key: str) -> str:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()

    def load(self, kind: str, csv: str) -> str:
        """A dataset with the rows of a CSV file. Returns its ARN."""
        name = f"{self.name}-{kind}"
        schema = avro(kind, fields=self.schemas[kind])
        schema_arn = self.personalize.create_schema(name=name, schema=schema, **self._domain)["schemaArn"]
        dataset = self.datasets[kind] = self.personalize.create_dataset(
            name=name, datasetType=kind, datasetGroupArn=self.group, schemaArn=schema_arn
        )["datasetArn"]
        job = self.personalize.create_dataset_import_job(
            jobName=f"{name}-import",
            datasetArn=dataset,
            dataSource={"dataLocation": self.put(f"{kind}.csv", csv)},
            roleArn=self.role,
        )["datasetImportJobArn"]
        self.wait("dataset_import_job", "datasetImportJob", job)
        return dataset

    def load_shop(self) -> None:
        self.load("Interactions", shop.interactions_csv())
        self.load("Items", shop.items_csv())

    def train(self, recipe: str) -> str:
        """A trained version of a solution with a recipe."""
        solution = self.personalize.create_solution(
            name=f"{self.name}-{recipe}",
            datasetGroupArn=self.group,
            recipeArn=f"arn:aws:personalize:::recipe/{recipe}",
            performAutoTraining=False,
        )["solutionArn"]
        version: str = self.personalize.create_solution_version(solutionArn=solution)["solutionVersionArn"]
        self.wait("solution_version", "solutionVersion", version)
        return version

    def deploy(self, name: str, version: str) -> str:
        campaign: str = self.personalize.create_campaign(
            name=f"{self.name}-{name}", solutionVersionArn=version, minProvisionedTPS=1
        )["campaignArn"]
        self.wait("campaign", "campaign", campaign)
        return campaign

    def recommender(self, recipe: str) -> str:
        """A recommender of a use case. It trains in the background: `wait` for it."""
        arn: str = self.personalize.create_recommender(
            name=recipe, datasetGroupArn=self.group, recipeArn=f"arn:aws:personalize:::recipe/{recipe}"
        )["recommenderArn"]
        return arn

    def work(self, workflow: str, request: dict[str, str]) -> None:
        """Start a state machine by hand, and wait until it succeeds."""
        states = self.client("stepfunctions")
        machines = states.list_state_machines()["stateMachines"]
        (machine,) = [one for one in machines if one["name"].endswith(f"-{workflow}")]
        execution = states.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps(request)
        )["executionArn"]
        deadline = time.time() + WAIT_SECONDS
        while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.time() < deadline
            time.sleep(0.2)
        assert found["status"] == "SUCCEEDED", found

    def wait(self, operation: str, member: str, arn: str, *good: str) -> dict[str, Any]:
        describe = getattr(self.personalize, f"describe_{operation}")
        return until(lambda: describe(**{f"{member}Arn": arn})[member], *(good or ("ACTIVE",)))
