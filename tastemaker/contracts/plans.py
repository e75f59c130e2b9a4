"""The plan of each workflow: what its first step returns, and what its later states work from.

Plans pass through Step Functions as JSON, so they are `TypedDict`s. Locations that start with `s3://` are
called `…Uri`, `input`, `output`, `source`, `bundle` or `target`; all others are keys or key prefixes of the
lake bucket. Times are in seconds since 1970.
"""

from typing import Any, Literal, NotRequired, TypedDict


class SkippedPlan(TypedDict):
    """The plan of a workflow that has nothing to do."""

    skip: Literal[True]
    arn: NotRequired[str]


class BulkData(TypedDict):
    """A folder of imported data in the lake, and when the data were imported."""

    prefix: str
    at: float


class ImportPlan(TypedDict):
    """The plan of a dataset import.

    `schema` is Avro JSON. `source` is the caller's file or folder, read with `roleArn`. `destination` is the
    prefix of the Parquet parts. `outcome` is the key of the result of a job on Spark.
    """

    arn: str
    datasetArn: str
    datasetType: str
    schema: str
    source: str
    roleArn: str | None
    importMode: str
    destination: str
    outcome: NotRequired[str]


class TrainPlan(TypedDict):
    """The plan of a training job.

    `configKey` is the key of `config.json`, `manifestUri` the URI of the list of its input. `outputPath` is
    the URI of the folder that SageMaker writes to. The optional members belong to trainings whose data are
    prepared on Spark first: `prepared` is the folder of the prepared data, `bytes` their size.
    """

    arn: str
    jobName: str
    manifestUri: str
    outputPath: str
    configKey: str
    manifestKey: NotRequired[str]
    prepared: NotRequired[str]
    bytes: NotRequired[int]
    distributed: NotRequired[bool]
    outcome: NotRequired[str]


class WarmRequest(TypedDict):
    """What the runtime function loads before it serves: a solution version, perhaps with a refresh of it."""

    campaignArn: NotRequired[str]
    recommenderArn: NotRequired[str]
    solutionVersionArn: str
    refresh: NotRequired[str]


class DeployPlan(TypedDict):
    """The plan of a deployment."""

    arn: str
    warm: WarmRequest


class OwnedData(TypedDict, total=False):
    """The data that belong to a resource.

    `prefixes` are folders of the lake, of which `late` may get files after the deletion. `catalogOf` is the
    key of upserts (`DatasetStorage.catalog`). `recommendationsOf` are versions of precomputed lists.
    `profilesOf` is an event group; `profilesListed` says that all its users are listed, so that no scan is
    needed.
    """

    prefixes: list[str]
    late: list[str]
    catalogOf: str
    recommendationsOf: list[str]
    profilesOf: str
    profilesListed: bool


class DeletePlan(OwnedData):
    """The plan of a deletion: the resource, and the data to remove."""

    arn: str


class ExportPlan(TypedDict):
    """The plan of a dataset export.

    `mode` is BULK, PUT or ALL. `schema` is Avro JSON. `catalog` is the key of upserts.
    """

    arn: str
    name: str
    mode: str
    datasetArn: str
    datasetType: str
    schema: str
    imports: list[BulkData]
    events: str
    catalog: str
    output: str
    kmsKeyArn: str | None
    roleArn: str | None


class DatasetToClean(TypedDict):
    """A dataset that may have rows of users.

    `catalog` is the key of its upserts. `visible` are the prefixes of its visible imports.
    """

    arn: str
    catalog: str
    type: str
    folder: str
    visible: list[str]


class DataDeletionPlan(TypedDict):
    """The plan of a data deletion job.

    `eventGroups` are those of the group's datasets of events. `source` is the caller's list of users. `left`
    are folders of failed batch jobs. `lists` are versions of precomputed lists whose keys are users.
    `history` are folders where the bucket keeps older versions of objects. `work` is the key of the list of
    pieces.
    """

    arn: str
    eventGroups: list[str]
    source: str
    roleArn: str | None
    datasets: list[DatasetToClean]
    events: str
    actionEvents: str
    trainings: str
    left: list[str]
    lists: list[str]
    history: list[str]
    folder: str
    work: str
    prefixes: list[str]


class CompletedDataDeletionPlan(TypedDict):
    """The plan of a data deletion job that had already completed: only its own files are left to remove."""

    arn: str
    prefixes: list[str]
    done: Literal[True]


class PrecomputedPlan(TypedDict):
    """How a batch job stores precomputed lists.

    `key` is the member of an input line, and of a request, that names a list: `userId` or `itemId`.
    """

    version: str
    key: str
    expiresAt: int


class ThemePlan(TypedDict):
    """What themes are written from: the column with the items' names, and the textual columns."""

    itemName: str
    texts: list[str]


class BatchPlan(TypedDict):
    """The plan of a batch inference or batch segment job.

    `shards` and `files` are the keys of the lists that the Map states read. `config` is the request's
    `batchInferenceJobConfig`. `now` is the time that answers are computed for. `served` says whether the
    answers are stored as precomputed lists, `lists` how. A job of the mode THEME_GENERATION has `themes`. A
    job with messages has `messages`, the request's `messageConfig`.
    """

    arn: str
    folder: str
    prefixes: list[str]
    shards: str
    files: str
    input: str
    output: str
    kmsKeyArn: str | None
    roleArn: str | None
    solutionVersionArn: str
    datasetGroupArn: str
    recipeArn: str
    bundle: str
    filterArn: str | None
    numResults: int
    config: dict[str, Any]
    now: int
    served: bool
    lists: PrecomputedPlan | None
    themes: NotRequired[ThemePlan]
    messages: NotRequired[dict[str, Any]]


class RefreshPlan(TypedDict):
    """The plan of a refresh.

    `events` is the prefix of streamed events. `items` and `actions` are keys of upserts. `previous` is the
    folder of the refresh that serves now, `earlier` that of the newest refresh of an earlier solution
    version, `target` that of the new one; all three are URIs. `prefixes` are folders of old refreshes, to be
    removed.
    """

    arn: str
    events: str
    items: str
    actions: NotRequired[str]
    bundle: str
    previous: str | None
    earlier: str | None
    target: str
    warm: WarmRequest
    prefixes: list[str]


class ImportToReport(TypedDict):
    """An import of interactions that a metric attribution has yet to report on.

    `toCloudWatch` and `toS3` say where the report goes. `at` is when the import became visible.
    """

    name: str
    prefix: str
    at: float
    toCloudWatch: bool
    toS3: bool


class ItemsToReport(TypedDict):
    """The Items dataset that a metric attribution reads attributes from. `catalog` is the key of upserts."""

    catalog: str
    imports: list[BulkData]


class AttributionPlan(TypedDict):
    """The plan of a run of a metric attribution.

    `metrics` are the request's metric attributes. `sources` are the ARNs of campaigns and recommenders.
    `folder` keeps what has been counted. `items` is None in a group without an Items dataset.
    """

    arn: str
    datasetGroupArn: str
    createdAt: float
    metrics: list[dict[str, str]]
    sources: list[str]
    folder: str
    events: str
    imports: list[ImportToReport]
    items: ItemsToReport | None
    output: str | None
    kmsKeyArn: str | None
    roleArn: str


Plan = (
    ImportPlan
    | TrainPlan
    | DeployPlan
    | DeletePlan
    | ExportPlan
    | DataDeletionPlan
    | CompletedDataDeletionPlan
    | BatchPlan
    | RefreshPlan
    | AttributionPlan
    | SkippedPlan
)
