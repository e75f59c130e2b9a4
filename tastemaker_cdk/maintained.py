"""The parameter file of AWS's solution "Maintaining Personalized Experiences", with its schedules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from tastemaker.declaration.declarations import DeclaredResource, Ref
from tastemaker.declaration.file.document import Document
from tastemaker.declaration.file.maintaining import BatchSchedule, convert
from tastemaker.declaration.file.reading import read
from tastemaker_cdk.data import Source
from tastemaker_cdk.resource import Latest, Resource
from tastemaker_cdk.roles import allow_reading, allow_writing, data_role
from tastemaker_cdk.schedule import schedule_job

DATA, ROLE = "s3://data", "arn:aws:iam::000000000000:role/data"
"""What stands for the data and the role while the file is read: both are known in the deployment only."""
IMPORT = "DatasetImportJob"


class MaintainedExperiences(Construct):
    """Everything that a parameter file of the retired solution declares, and the schedules in it.

    `parameters` is the file or its content. `data` is where the solution has looked for data, such as
    `train/films/`. Batch jobs read `batch_input` and write below `batch_output`; without them, their
    schedules are left out, with a warning. `resources` has the constructs by section and key:
    `campaigns.home`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        parameters: str | Path | Mapping[str, Any],
        data: Source,
        batch_input: Source | None = None,
        batch_output: Source | None = None,
        role: iam.IRole | None = None,
    ) -> None:
        super().__init__(scope, id)
        value, name = _content(parameters)
        converted = convert(Document(value, name=name), {"data": DATA, "roleArn": ROLE})
        declaration = read(converted.document, lambda file: Path(file).read_text(encoding="utf-8"))
        self._data, self._input, self._output = data, batch_input, batch_output
        self.role = role or self._new_role()
        self.resources: dict[str, Resource] = {}
        for one in declaration.ordered():
            self.resources[one.id] = self._resource(one)
            if one.type == IMPORT and converted.imports is not None:
                self._schedule_import(one, converted.imports)
        for number, batch in enumerate(converted.batches):
            self._schedule_batch(batch, number)

    def _new_role(self) -> iam.Role:
        role = data_role(self, "Role")
        allow_reading(role, self._data.bucket.bucket_arn, self._data.prefix)
        if self._input is not None:
            allow_reading(role, self._input.bucket.bucket_arn, self._input.prefix)
        if self._output is not None:
            allow_writing(role, self._output.bucket.bucket_arn, self._output.prefix)
        return role

    def _resource(self, one: DeclaredResource) -> Resource:
        made = Resource(
            self,
            one.id,
            type=one.type,
            properties=self._located(one.properties),
            after=[self.resources[needed] for needed in one.after],
        )
        policy = self.role.node.try_find_child("DefaultPolicy")
        if one.type == IMPORT and policy is not None:
            made.resource.node.add_dependency(policy)
        return made

    def _located(self, value: Any) -> Any:
        """A value with constructs for references, and the location and the role of the deployment."""
        if isinstance(value, Ref):
            made = self.resources[value.id]
            return Latest(made) if value.suffix else made
        if isinstance(value, Mapping):
            return {name: self._located(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self._located(part) for part in value]
        if value == ROLE:
            return self.role.role_arn
        if isinstance(value, str) and value.startswith(f"{DATA}/"):
            return f"{self._data.location.rstrip('/')}/{value.removeprefix(f'{DATA}/')}"
        return value

    def _schedule_import(self, one: DeclaredResource, expression: str) -> None:
        properties = {name: part for name, part in one.properties.items() if name != "jobName"}
        self._schedule(f"{one.id}.schedule", IMPORT, self._located(properties), expression)

    def _schedule_batch(self, batch: BatchSchedule, number: int) -> None:
        if self._input is None or self._output is None:
            text = f"The batch jobs of {batch.solution} are not scheduled: give batch_input and batch_output."
            cdk.Annotations.of(self).add_warning_v2("tastemaker:batch", text)
            return
        properties = {
            **batch.config,
            "solutionVersionArn": Latest(self.resources[f"solutions.{batch.solution}"]),
            "jobInput": {"s3DataSource": {"path": self._input.location}},
            "jobOutput": {"s3DataDestination": {"path": self._output.location}},
            "roleArn": self.role.role_arn,
        }
        self._schedule(f"batch.{batch.solution}.{number}", batch.type, properties, batch.expression)

    def _schedule(self, id: str, type_name: str, properties: Mapping[str, Any], expression: str) -> None:
        place = Construct(self, id)
        name = cdk.Names.unique_resource_name(place, max_length=40)
        schedule_job(
            place, "Schedule", type=type_name, properties=properties, expression=expression, name=name
        )


def _content(parameters: str | Path | Mapping[str, Any]) -> tuple[Any, str]:
    """The content of a parameter file, and its name for messages."""
    if isinstance(parameters, Mapping):
        return dict(parameters), "parameters"
    path = Path(parameters)
    return json.loads(path.read_text(encoding="utf-8")), path.name
