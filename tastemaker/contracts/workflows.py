"""The input of each workflow, which a person may also type by hand, and the result of its work.

`workflow_names.py` has the names of the workflows.
"""

from typing import NotRequired, TypedDict

from tastemaker.contracts.import_report import ImportReport


class ImportInput(TypedDict):
    """The input of `import`."""

    datasetImportJobArn: str


class TrainInput(TypedDict):
    """The input of `train`: a solution version, a recommender, or a solution that gets a new version.

    `trainingType` is AUTOMATIC for a scheduled run, which trains only if there are new interactions.
    """

    solutionVersionArn: NotRequired[str]
    recommenderArn: NotRequired[str]
    solutionArn: NotRequired[str]
    trainingType: NotRequired[str]
    trainingMode: NotRequired[str]


class DeployInput(TypedDict):
    """The input of `deploy`."""

    campaignArn: str


class DeleteInput(TypedDict):
    """The input of `delete`: the ARN of a resource that is being deleted."""

    arn: str


class ExportInput(TypedDict):
    """The input of `export`."""

    datasetExportJobArn: str


class DataDeletionInput(TypedDict):
    """The input of `data-deletion`."""

    dataDeletionJobArn: str


class BatchInput(TypedDict):
    """The input of `batch`: one of the two."""

    batchInferenceJobArn: NotRequired[str]
    batchSegmentJobArn: NotRequired[str]


class RefreshInput(TypedDict):
    """The input of `refresh`: one of the two."""

    campaignArn: NotRequired[str]
    recommenderArn: NotRequired[str]


class AttributionInput(TypedDict):
    """The input of `attribution`."""

    metricAttributionArn: str


class ImportResult(TypedDict):
    """The result of an import: counts, the newest timestamp (None without a TIMESTAMP column), the report."""

    rows: int
    files: int
    bytes: int
    parts: int
    maxTimestamp: int | None
    report: ImportReport


class BatchResult(TypedDict):
    """The result of a batch job: the lines of its input, and how many were answered."""

    lines: int
    answered: int


class ExportResult(TypedDict):
    """The result of an export."""

    rows: int
    bytes: int


class DataDeletionResult(TypedDict):
    """The result of a data deletion: the number of rows removed."""

    numDeleted: int
