"""Constructs of batch jobs, which run on a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from tastemaker_cdk.data import Source
from tastemaker_cdk.resource import Latest, Resource
from tastemaker_cdk.roles import allow_reading, allow_writing, data_role
from tastemaker_cdk.schedule import schedule_job


class _ScheduledJob(Construct):
    """A job at each time of a schedule, with the latest version of a solution.

    Each job writes below `output` in a folder with its time.
    """

    type = ""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        solution: Resource,
        input: Source,
        output: Source,
        schedule: str,
        role: iam.IRole | None = None,
        filter: Resource | str | None = None,
        results: int | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(scope, id)
        if role is None:
            role = data_role(self, "Role")
            allow_reading(role, input.bucket.bucket_arn, input.prefix)
            allow_writing(role, output.bucket.bucket_arn, output.prefix)
        self.role = role
        properties = {
            "solutionVersionArn": Latest(solution),
            "jobInput": {"s3DataSource": {"path": input.location}},
            "jobOutput": {"s3DataDestination": {"path": output.location}},
            "roleArn": role.role_arn,
            "filterArn": filter,
            "numResults": results,
            **(more or {}),
        }
        given = {member: value for member, value in properties.items() if value is not None}
        name = cdk.Names.unique_resource_name(self, max_length=40)
        self.schedule = schedule_job(
            self, "Schedule", type=self.type, properties=given, expression=schedule, name=name
        )


class BatchInference(_ScheduledJob):
    """Recommendations for a file of users or items, on a schedule."""

    type = "BatchInferenceJob"


class Segment(_ScheduledJob):
    """Users for a file of items or attributes, on a schedule."""

    type = "BatchSegmentJob"
