"""The import that `AWS::Personalize::Dataset` can have as a property: a job beside the dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tastemaker.declaration import ownership
from tastemaker.declaration.lifecycle import DeclaredLifecycle
from tastemaker.declaration.outcomes import Change, Done, Failed, Outcome
from tastemaker.declaration.types import TYPES
from tastemaker.wire.properties import read_properties

RETURNED = ("DatasetArn", "DatasetImportJobArn")
"""Members of the property that the import itself determines."""
ATTRIBUTE = "DatasetImportJob.DatasetImportJobArn"


def change_import(
    lifecycle: DeclaredLifecycle, change: Change, dataset: Done, properties: Mapping[str, Any]
) -> Outcome:
    """Import what the property says into a dataset that exists, unless that was done before."""
    given = {
        name: value for name, value in properties.items() if name not in ("DatasetArn", "DatasetImportJobArn")
    }
    request = read_properties(given, TYPES["DatasetImportJob"].shape)
    request["datasetArn"] = dataset.arn
    job = replace(
        change,
        resource_type="DatasetImportJob",
        properties=request,
        owner=f"{change.owner}/import",
        adopt=False,
        trigger=None,
    )
    earlier = _declared_before(lifecycle, job)
    outcome = lifecycle.create(job) if earlier is None else lifecycle.update(job, earlier)
    if isinstance(outcome, Failed):
        return Failed(outcome.reason, dataset.arn)
    if not isinstance(outcome, Done):
        return replace(outcome, arn=dataset.arn)
    return replace(dataset, attributes={**dataset.attributes, ATTRIBUTE: str(outcome.arn)})


def _declared_before(lifecycle: DeclaredLifecycle, job: Change) -> str | None:
    for listed in lifecycle.control.records.each("DatasetImportJob", job.properties["datasetArn"]):
        record = lifecycle.control.records.get(listed.arn)
        if record is not None and ownership.owner_of(record) == job.owner:
            return record.arn
    return None
