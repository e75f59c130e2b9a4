"""Constructs of data: schemas, dataset groups, datasets, imports, event trackers and filters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from tastemaker_cdk import avro as avro_schemas
from tastemaker_cdk.resource import Resource
from tastemaker_cdk.roles import allow_reading, data_role
from tastemaker_cdk.schedule import schedule_job

NEVER_AGAIN = "first"
"""The trigger of imports and trainings that run once, until another trigger is given."""


@dataclass(frozen=True)
class Source:
    """Files in a bucket below a prefix, such as `interactions/`."""

    bucket: s3.IBucket
    prefix: str = ""

    @property
    def location(self) -> str:
        """The S3 location."""
        return f"s3://{self.bucket.bucket_name}/{self.prefix}"


class Schema(Resource):
    """A schema, from Avro text, a dataclass, or a sample file."""

    def __init__(
        self, scope: Construct, id: str, *, avro: str, domain: str | None = None, **more: Any
    ) -> None:
        super().__init__(scope, id, type="Schema", properties={"schema": avro, "domain": domain}, **more)

    @classmethod
    def from_dataclass(cls, scope: Construct, id: str, columns: type, *, dataset: str, **more: Any) -> Schema:
        """The schema of a dataclass. `dataset` is the type: `Interactions`."""
        return cls(scope, id, avro=avro_schemas.from_dataclass(columns, dataset), **more)

    @classmethod
    def from_sample(cls, scope: Construct, id: str, path: str | Path, *, dataset: str, **more: Any) -> Schema:
        """The schema of a CSV file. `dataset` is the type: `Interactions`."""
        return cls(scope, id, avro=avro_schemas.from_sample(path, dataset), **more)


class DatasetGroup(Resource):
    """A dataset group; with a `domain` it has recommenders."""

    def __init__(self, scope: Construct, id: str, *, domain: str | None = None, **more: Any) -> None:
        super().__init__(scope, id, type="DatasetGroup", properties={"domain": domain}, **more)


class Dataset(Resource):
    """A dataset of a type, such as `Items`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        group: Resource | str,
        schema: Resource | str,
        type: str,
        **more: Any,
    ) -> None:
        properties = {"datasetGroupArn": group, "schemaArn": schema, "datasetType": type}
        super().__init__(scope, id, type="Dataset", properties=properties, **more)


class Import(Resource):
    """An import of a prefix: one now, whose failure fails the deployment, and more on a schedule.

    Another `trigger` imports again. `schedule` is an expression such as `rate(1 day)`; with `incremental` the
    scheduled imports add to the data, and else replace them. `role` must be allowed to read the bucket; by
    default there is a new one.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        dataset: Resource | str,
        source: Source,
        role: iam.IRole | None = None,
        schedule: str | None = None,
        scheduled_source: Source | None = None,
        incremental: bool = False,
        trigger: str = NEVER_AGAIN,
        **more: Any,
    ) -> None:
        place = Construct(scope, f"{id}Access")
        reads = [source, *([scheduled_source] if scheduled_source is not None else [])]
        if role is None:
            role = data_role(place, "Role")
            for one in reads:
                allow_reading(role, one.bucket.bucket_arn, one.prefix)
        properties = {
            "datasetArn": dataset,
            "dataSource": {"dataLocation": source.location},
            "roleArn": role.role_arn,
        }
        super().__init__(scope, id, type="DatasetImportJob", properties=properties, trigger=trigger, **more)
        self.role = role
        policy = role.node.try_find_child("DefaultPolicy")
        if policy is not None:
            self.resource.node.add_dependency(policy)
        if schedule is not None:
            mode = "INCREMENTAL" if incremental else "FULL"
            location = (scheduled_source or source).location
            repeated = {**properties, "dataSource": {"dataLocation": location}, "importMode": mode}
            schedule_job(
                self,
                "Schedule",
                type="DatasetImportJob",
                properties=repeated,
                expression=schedule,
                name=cdk.Names.unique_resource_name(self, max_length=40),
            )


class EventTracker(Resource):
    """The event tracker of a dataset group."""

    def __init__(self, scope: Construct, id: str, *, group: Resource | str, **more: Any) -> None:
        super().__init__(scope, id, type="EventTracker", properties={"datasetGroupArn": group}, **more)

    @property
    def tracking_id(self) -> str:
        """The tracking ID for `PutEvents`."""
        return self.value_of("TrackingId")

    def grant_put_events(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow sending events."""
        route = self.deployment.api_arn(self, "POST/events")
        iam.Grant.add_to_principal(
            grantee=grantee, actions=["execute-api:Invoke"], resource_arns=[route], scope=self
        )
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["personalize:PutEvents"], resource_arns=[self.arn], scope=self
        )


class Filter(Resource):
    """A filter expression. Pass the datasets that it reads as `after`."""

    def __init__(
        self, scope: Construct, id: str, *, group: Resource | str, expression: str, **more: Any
    ) -> None:
        properties = {"datasetGroupArn": group, "filterExpression": expression}
        super().__init__(scope, id, type="Filter", properties=properties, **more)
