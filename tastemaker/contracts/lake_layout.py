"""The layout of the lake bucket: every key and prefix that one part writes and another part reads.

    groups/<group>.<data ID of the group>/
        datasets/<DATASET_TYPE>.<data ID>/<import job>/      Parquet parts of one import
        datasets/<DATASET_TYPE>.<data ID>/<import job>.outcome.json    result of an import that runs on Spark
        training/<solution>/<version>/                input of a training job: see `TrainingFolder`
        models/<solution>/<version>/<job>/output/model/               a model bundle
        models/<solution>/<version>/<job>/refreshes/<deployment>/     refreshes of that bundle
        batch/<job>/                                  see `job_folders`
        erase/<job>/                                  see `job_folders`
        attribution/<attribution>/                    see `job_folders`
    groups/<group>.<data ID of the dataset>/
        events/yyyy/MM/dd/                            streamed events, by day of delivery
        actions/yyyy/MM/dd/                           streamed action interactions; older ones are in
                                                      actions/events/yyyy/MM/dd/
        events/_deleted, actions/_deleted             the dataset was deleted: see `deletion_mark`
    plans/<machine>/<execution>/<member>.json         large members of the plans of executions
    texts/<digest>.txt                                texts of a model, by the content of their prompts
    failed/events/                                    events that could not be delivered
    failed/events/rejected/yyyy/MM/dd/                records of the stream that are not valid events

Groups and datasets of releases before data IDs have none in their folders (`dataset_storage`). Prefixes end
with a slash. Infrastructure builds IAM statements and the delivery of events from the same
functions, so this module uses the standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tastemaker.contracts.job_folders import AttributionFolder, BatchFolder, DeletionFolder

GROUPS = "groups/"
FAILED_EVENTS = "failed/events/"
FAILED_BATCHES = "aws/lambda/"
"""Batches of the stream that Lambda gives up. Lambda chooses the prefix."""
REJECTED_EVENTS = f"{FAILED_EVENTS}rejected/"
PLANS = "plans/"
"""Read while an execution runs, and deleted some days later."""
TEXTS = "texts/"
"""Generated texts without data about users. They expire, and then are paid for again."""

BUNDLE_MANIFEST = "bundle.json"
"""The name of the file in a bundle that is written last and describes the others."""

SEARCH_FOLDER = "search"
"""The folder of a bundle with its search index."""

REFRESHED_SEARCH_FOLDER = f"{SEARCH_FOLDER}/refreshed"
"""The folder of a refreshed bundle with the index of the items that were upserted until the refresh."""

_JOB_MANIFEST = "data.manifest"
_MODEL_OUTPUT = "output/model/"
_PREPARED = "prepared/"
_ACTIONS = "actions"


class Area(StrEnum):
    """A folder that every dataset group has: the unit in which functions get access to the lake."""

    DATASETS = "datasets"
    EVENTS = "events"
    ACTION_EVENTS = "actions"
    TRAINING = "training"
    MODELS = "models"
    BATCH = "batch"
    DATA_DELETION = "erase"
    ATTRIBUTION = "attribution"


@dataclass(frozen=True)
class GroupFolder:
    """The folder of one dataset group.

    `group` is its name and its data ID (`dataset_storage.group_folder`); for the areas of streamed events it
    is the name and the data ID of the dataset.
    """

    group: str

    @property
    def prefix(self) -> str:
        """The prefix of everything that belongs to the group."""
        return f"{GROUPS}{self.group}/"

    def area(self, area: Area) -> str:
        """The prefix of one area of the group."""
        return f"{self.prefix}{area.value}/"

    def dataset(self, folder_name: str) -> str:
        """The prefix of the imported rows of one dataset (`DatasetStorage.folder_name`)."""
        return f"{self.area(Area.DATASETS)}{folder_name}/"

    def import_list(self, folder_name: str, name: str) -> str:
        """The key of a part of the list of a dataset's visible imports. No import job is named `_imports`."""
        return f"{self.dataset(folder_name)}_imports/{name}.json"

    @property
    def events(self) -> str:
        """The prefix of streamed events; `events_of_day` names the folder of one day below it."""
        return self.area(Area.EVENTS)

    @property
    def action_events(self) -> str:
        """The prefix of streamed action interactions, of those of older deployments too."""
        return self.area(Area.ACTION_EVENTS)

    def solution_training(self, solution: str) -> str:
        """The prefix of the training input of all versions of a solution or recommender."""
        return f"{self.area(Area.TRAINING)}{solution}/"

    def solution_models(self, solution: str) -> str:
        """The prefix of the models of all versions of a solution or recommender."""
        return f"{self.area(Area.MODELS)}{solution}/"

    def training(self, solution: str, version: str) -> TrainingFolder:
        """The folder with the input of the training jobs of one version."""
        return TrainingFolder(f"{self.solution_training(solution)}{version}/")

    def models(self, solution: str, version: str) -> str:
        """The prefix below which training jobs of one version write, each in a folder with the job's name."""
        return f"{self.solution_models(solution)}{version}/"

    def batch_job(self, job: str) -> BatchFolder:
        """The working folder of a batch inference or batch segment job."""
        return BatchFolder(f"{self.area(Area.BATCH)}{job}/")

    def data_deletion_job(self, job: str) -> DeletionFolder:
        """The working folder of a data deletion job."""
        return DeletionFolder(f"{self.area(Area.DATA_DELETION)}{job}/")

    def attribution(self, attribution: str) -> AttributionFolder:
        """The folder of a metric attribution."""
        return AttributionFolder(f"{self.area(Area.ATTRIBUTION)}{attribution}/")


@dataclass(frozen=True)
class TrainingFolder:
    """The input of the training jobs of one solution version."""

    prefix: str

    @classmethod
    def of_config(cls, config_key: str) -> TrainingFolder:
        """The folder that holds the configuration with this key."""
        return cls(f"{config_key.rpartition('/')[0]}/")

    @property
    def config(self) -> str:
        """The key of the training configuration."""
        return f"{self.prefix}config.json"

    @property
    def manifest(self) -> str:
        """The key of the list of objects that SageMaker downloads."""
        return f"{self.prefix}{_JOB_MANIFEST}"

    def upserts(self, dataset_type: str) -> str:
        """The key of the records of a dataset that were put one at a time."""
        return f"{self.prefix}{_upserts_name(dataset_type)}"

    @property
    def prepared(self) -> PreparedFolder:
        """The folder of events that Spark prepares for the training."""
        return PreparedFolder(f"{self.prefix}{_PREPARED}")


@dataclass(frozen=True)
class PreparedFolder:
    """Events that Spark prepares for a training job, as shards of users."""

    prefix: str

    @property
    def manifest(self) -> str:
        """The key of the list of objects that SageMaker downloads in place of the training's own."""
        return f"{self.prefix}{_JOB_MANIFEST}"

    @property
    def outcome(self) -> str:
        """The key of the result of the Spark job."""
        return f"{self.prefix}outcome.json"

    @property
    def index(self) -> str:
        """The key of the list of shards."""
        return f"{self.prefix}shards.json"

    def shard(self, number: int) -> str:
        """The key of one shard."""
        return f"{self.prefix}{number:05}.npz"


def _upserts_name(dataset_type: str) -> str:
    return f"put/{dataset_type}.jsonl"


def is_upserts_key(key: str, dataset_type: str) -> bool:
    """Whether `key` holds the upserts of a dataset in some training folder."""
    return key.endswith(f"/{_upserts_name(dataset_type)}")


def prepared_prefix_of(key: str) -> str | None:
    """The prefix of the prepared events that `key` belongs to; None if it does not hold prepared events."""
    before, found, _ = key.partition(f"/{_PREPARED}")
    return f"{before}/{_PREPARED}" if found else None


def action_group(group: str) -> str:
    """The event group of action interactions. No dataset group has this name: names have no slash."""
    return f"{group}/{_ACTIONS}"


def deletion_mark(events_prefix: str) -> str:
    """The key of an object that says that the dataset of these events was deleted.

    Firehose delivers what it has buffered and repeats what failed, so files may follow. Compaction deletes
    them. The next dataset of the same name has a folder of its own.
    """
    return f"{events_prefix}_deleted"


def events_of_day(events_prefix: str, day: str) -> str:
    """The prefix of the events that were delivered on a day, written as `yyyy/MM/dd`."""
    return f"{events_prefix}{day}/"


def rejected_event(day: str, sequence_number: str) -> str:
    """The key of a record of the stream that cannot be stored. `day`, its arrival, is `yyyy/MM/dd`."""
    return f"{REJECTED_EVENTS}{day}/{sequence_number}.json"


def dataset_import(folder: str, job_name: str) -> str:
    """The prefix of the Parquet parts that one import job writes. `folder` is that of its dataset."""
    return f"{folder}{job_name}/"


def import_part(destination: str, number: int) -> str:
    """The key of one Parquet part of an import; `destination` is the import's prefix."""
    return f"{destination}part-{number:05}.parquet"


def import_outcome(destination: str) -> str:
    """The key of the result of an import that runs on Spark; `destination` is the import's prefix."""
    return f"{destination.rstrip('/')}.outcome.json"


def plan_member(execution: str, member: str) -> str:
    """The key of a large member of the plan of an execution, which is named by its ARN."""
    return f"{PLANS}{'/'.join(execution.split(':')[-2:])}/{member}.json"


def generated_text(digest: str) -> str:
    """The key of a generated text. `digest` is that of its model and prompt."""
    return f"{TEXTS}{digest}.txt"


def failure_reason(prefix: str) -> str:
    """The key of the failure reason of a job with this working folder.

    A task of a distributed map writes it, because Step Functions reports only that some task failed.
    """
    return f"{prefix}failure.txt"


def bundle_of_job(models_location: str, job_name: str) -> str:
    """Where a training job leaves its bundle.

    This is the folder of the job below `models_location`, the version's key or URI.
    """
    return f"{models_location}{job_name}/{_MODEL_OUTPUT}"


def refreshes_of(bundle: str, deployment: str) -> str:
    """Where the refreshes of a bundle for one campaign or recommender are, by the bundle's key or URI."""
    return f"{bundle.removesuffix(_MODEL_OUTPUT)}refreshes/{deployment}/"


def solution_models_of(bundle: str) -> str:
    """The prefix of the models of all versions of the solution that a bundle's key belongs to."""
    group, _, rest = bundle.partition(f"/{Area.MODELS.value}/")
    return f"{group}/{Area.MODELS.value}/{rest.partition('/')[0]}/"


def is_refresh_of(key: str, deployment: str) -> bool:
    """Whether `key` belongs to a refresh for the campaign or recommender of this name."""
    return f"/refreshes/{deployment}/" in key


# --- IAM patterns: an asterisk stands for a part of the key that is not known when the stack is deployed ---

ANY = "*"
ALL_GROUPS = f"{GROUPS}{ANY}"
"""Matches every key of every dataset group."""
PLANS_PATTERN = f"{PLANS}{ANY}"
TEXTS_PATTERN = f"{TEXTS}{ANY}"
FAILED_BATCHES_PATTERN = f"{FAILED_BATCHES}{ANY}"
FAILED_EVENTS_PATTERN = f"{FAILED_EVENTS}{ANY}"
REJECTED_EVENTS_PATTERN = f"{REJECTED_EVENTS}{ANY}"
REFRESHES_PATTERN = f"{GroupFolder(ANY).area(Area.MODELS)}{ANY}/refreshes/{ANY}"


def patterns(*areas: Area) -> list[str]:
    """IAM patterns of the keys of these areas in every dataset group, for example `groups/*/models/*`."""
    return [f"{GroupFolder(ANY).area(area)}{ANY}" for area in areas]
