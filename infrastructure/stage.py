"""What may differ between stages: every setting, its default, and what it does.

`cdk.json` names the stages (context key `stages`) and lists under each only what differs from the
defaults below. A key that is not known here is refused by its full name, so that a typing error never
deploys silently. `python -m infrastructure.stage` prints the table of all settings.

Keys are camelCase in `cdk.json` and snake_case here: `training.maxRuntimeMinutes` is
`stage.training.max_runtime_minutes`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from tastemaker.contracts.stage_summary import StageSummary

CDK_JSON = Path(__file__).resolve().parent.parent / "cdk.json"
# What CloudWatch Logs accepts as a retention period, in days.
RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


class StageError(ValueError):
    """The settings of a stage cannot be used; the message names the stage and the setting."""


def about(
    explanation: str, *, within: tuple[int, int] | None = None, among: tuple[Any, ...] = ()
) -> dict[str, Any]:
    """What is known of a setting: its explanation, and the limits of its value (both ends included)."""
    return {"explanation": explanation, "within": within, "among": among}


def setting(default: Any, explanation: str, **limits: Any) -> Any:
    """A field with its default and what is known about it."""
    return field(default=default, metadata=about(explanation, **limits))


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The machine that a training job rents."""

    instance_type: str = setting(
        "ml.m7i.2xlarge", "SageMaker instance; a name that starts with ml.g or ml.p takes the GPU image"
    )
    instance_count: int = setting(
        1, "instances per job; several share the passes over the events of one model", within=(1, 16)
    )
    volume_gb: int = setting(50, "disk of each instance, GB", within=(1, 16384))
    max_runtime_minutes: int = setting(
        24 * 60, "a job is stopped after so many minutes of training", within=(5, 28 * 24 * 60)
    )
    spot: bool = setting(
        True, "train on spare capacity: up to 90 % cheaper, may be interrupted, resumes from a checkpoint"
    )
    max_wait_minutes: int = setting(
        24 * 60, "spot only: how long to wait for capacity beyond the run time", within=(0, 28 * 24 * 60)
    )
    text_model: str = setting(
        "",
        "model on Amazon Bedrock that makes vectors of items' names and texts, at a price per text; none if "
        "empty",
        among=("", "amazon.titan-embed-text-v2:0"),
    )
    text_model_region: str = setting("", "region that textModel is asked in; empty for the stack's own")


@dataclass(frozen=True, kw_only=True)
class DistributedSettings:
    """Spark on EMR Serverless, for data that are too much for one machine."""

    enabled: bool = setting(False, "create a Spark application, which costs nothing while it is idle")
    import_megabytes: int = setting(
        20_000, "files of an import beyond this are read by Spark, not by a function", within=(0, 10**9)
    )
    prepare_megabytes: int = setting(
        2_000,
        "interactions and events (Parquet, some 10 bytes each) beyond this are prepared by Spark",
        within=(0, 10**9),
    )
    maximum_cores: int = setting(200, "most cores at once, 7.5 GB each", within=(8, 10_000))
    maximum_hours: int = setting(6, "a job is stopped after so many hours", within=(1, 12))

    @property
    def import_bytes(self) -> int:
        """The limit of an import by a function. At least one byte: zero means no limit to the functions."""
        return max(1, self.import_megabytes * 10**6)

    @property
    def prepare_bytes(self) -> int:
        """The limit of events that a training job prepares by itself. At least one byte, as above."""
        return max(1, self.prepare_megabytes * 10**6)


@dataclass(frozen=True, kw_only=True)
class EventSettings:
    """How events travel from the stream to the profiles and to the lake."""

    retention_hours: int = setting(24, "how long the stream keeps an event", within=(24, 8760))
    batch_size: int = setting(500, "most events in one call of the stream function", within=(1, 10000))
    parallelization: int = setting(
        1, "concurrent batches per shard; a user's events stay in order", within=(1, 10)
    )
    retries: int = setting(
        10,
        "retries of a failing batch, halved each time, before it goes to the dead-letter queue",
        within=(0, 10000),
    )
    max_age_hours: int = setting(
        24, "events older than this are given up by the stream function", within=(1, 168)
    )
    profile_days: int = setting(
        90, "an event counts in real time for so many days; the lake keeps it for training", within=(1, 3650)
    )
    lake_buffer_seconds: int = setting(300, "events reach the lake after so many seconds …", within=(60, 900))
    lake_buffer_megabytes: int = setting(
        64, "… or when so much has come, whichever is first", within=(64, 128)
    )


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """Memory in MB (a CPU share comes with it: one core per 1,769 MB) and time limits in seconds."""

    control_memory: int = setting(512, "memory of the control function", within=(128, 10240))
    runtime_memory: int = setting(
        3008,
        "memory of the runtime function: holds the model; new accounts are limited to 3008",
        within=(128, 10240),
    )
    runtime_disk: int = setting(
        4096, "disk of the runtime function, MB: the downloaded models", within=(512, 10240)
    )
    runtime_provisioned: int = setting(
        0, "runtime environments that are always warm and always paid; 0 for none", within=(0, 1000)
    )
    events_memory: int = setting(512, "memory of the events function", within=(128, 10240))
    stream_memory: int = setting(512, "memory of the stream function", within=(128, 10240))
    steps_memory: int = setting(512, "memory of the steps function", within=(128, 10240))
    importing_memory: int = setting(3008, "memory of the importing function", within=(128, 10240))
    batch_memory: int = setting(
        3008, "memory of the batch function: holds the model, as runtime's", within=(128, 10240)
    )
    batch_disk: int = setting(
        4096, "disk of the batch function, MB: the downloaded models", within=(512, 10240)
    )
    batch_concurrency: int = setting(
        20, "how many shards of a batch job are answered at once", within=(1, 1000)
    )
    exporting_memory: int = setting(3008, "memory of the exporting function", within=(128, 10240))
    deletion_memory: int = setting(3008, "memory of the deletion function", within=(128, 10240))
    deletion_concurrency: int = setting(
        20, "how many files of a data deletion job are rewritten at once", within=(1, 1000)
    )
    refreshing_memory: int = setting(
        1769, "memory of the refreshing function: a core, and some ten million events", within=(128, 10240)
    )
    attribution_memory: int = setting(1769, "memory of the attribution function: a core", within=(128, 10240))
    importing_disk: int = setting(10240, "disk of the importing function, MB", within=(512, 10240))


@dataclass(frozen=True, kw_only=True)
class ThrottlingSettings:
    """What the API takes before it answers 429."""

    rate: int = setting(500, "requests per second, steady", within=(1, 100000))
    burst: int = setting(1000, "requests at once", within=(1, 100000))


@dataclass(frozen=True, kw_only=True)
class LakeSettings:
    """How long the lake keeps what it no longer needs."""

    old_versions_days: int = setting(
        30, "deleted and overwritten objects can be brought back for so many days", within=(1, 3650)
    )
    cheaper_storage_days: int = setting(
        30, "after so many days S3 may move what nobody reads to cheaper storage", within=(0, 3650)
    )
    failed_events_days: int = setting(
        90, "events that could not be written as Parquet are kept for so many days", within=(1, 3650)
    )
    access_log_days: int = setting(90, "the lake's access log is kept for so many days", within=(1, 3650))


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One deployment of Tastemaker. `name` comes from the key in `cdk.json`."""

    name: str
    account: str = setting("", "deploy to this account only; empty for the account of the caller")
    region: str = setting("", "deploy to this region only; empty for the region of the caller")
    bundle: bool = setting(
        True, "put the dependencies into the functions; false leaves the source alone (for a local run)"
    )
    removal: str = setting(
        "retain", "what happens to tables, lake and stream when the stack goes", among=("retain", "destroy")
    )
    termination_protection: bool = setting(False, "the stack cannot be deleted before this is switched off")
    log_retention_days: int = setting(30, "days that logs are kept", among=RETENTION_DAYS)
    log_level: str = setting(
        "INFO", "level of the functions' own log", among=("DEBUG", "INFO", "WARNING", "ERROR")
    )
    quotas: dict[str, Any] = field(
        default_factory=dict,
        metadata=about("service quotas to hold, by Personalize's name for them; empty for none"),
    )
    auto_training_delay_minutes: int = setting(
        60, "automatic training starts so long after CreateSolution", within=(0, 1440)
    )
    import_roles: str = setting(
        "*", "role names that import jobs may assume in this account, as an IAM pattern"
    )
    data_buckets: list[str] = field(
        default_factory=list,
        metadata=about("buckets that jobs may read with their own role when the caller's cannot be assumed"),
    )
    alarm_email: str = setting("", "where alarms are mailed; empty for nowhere")
    attribution_namespace: str = setting(
        "",
        "CloudWatch namespace of metric attributions; empty for <stack>/MetricAttribution. AWS keeps those "
        "that begin with AWS/, as the service's own does, to itself",
    )
    tags: dict[str, str] = field(
        default_factory=dict, metadata=about("tags on every resource, beside application and stage")
    )
    training: TrainingSettings = field(default_factory=TrainingSettings)
    distributed: DistributedSettings = field(default_factory=DistributedSettings)
    events: EventSettings = field(default_factory=EventSettings)
    functions: FunctionSettings = field(default_factory=FunctionSettings)
    throttling: ThrottlingSettings = field(default_factory=ThrottlingSettings)
    lake: LakeSettings = field(default_factory=LakeSettings)

    @property
    def stack_name(self) -> str:
        """The name of the stack, and the prefix of all that has to be named."""
        return f"tastemaker-{self.name}"

    @property
    def summary(self) -> StageSummary:
        """The settings that `DescribeDeployment` shows."""
        features = {
            "alarmEmails": bool(self.alarm_email),
            "distributedProcessing": self.distributed.enabled,
            "provisionedRuntime": self.functions.runtime_provisioned > 0,
            "spotTraining": self.training.spot,
            "textEmbeddings": bool(self.training.text_model),
        }
        return StageSummary(self.name, features, self.throttling.rate, self.throttling.burst)

    @property
    def keeps_data(self) -> bool:
        """Whether data outlives the stack."""
        return self.removal == "retain"


def load(name: str, path: Path = CDK_JSON) -> Stage:
    """The stage `name` of the `cdk.json` at `path`; raises :class:`StageError`."""
    stages = json.loads(path.read_text())["context"]["stages"]
    if name not in stages:
        raise StageError(
            f"there is no stage {name!r} in {path.name}: choose one of {', '.join(sorted(stages))}"
        )
    return parse(name, stages[name])


def parse(name: str, settings: Mapping[str, Any]) -> Stage:
    """A stage from its settings as they stand in `cdk.json`; raises :class:`StageError`."""
    if not re.fullmatch(r"[a-z][a-z0-9]{0,15}", name):
        raise StageError(
            f"stage {name!r}: a name has up to 16 small letters and digits and starts with a letter"
        )
    return Stage(name=name, **_members(Stage, settings, f"stage {name}: "))


def _members(kind: type, settings: Mapping[str, Any], where: str) -> dict[str, Any]:
    known = {_camel(f.name): f for f in fields(kind) if f.name != "name"}
    hints = get_type_hints(kind)
    members = {}
    for key, value in settings.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise StageError(f"{where}{key} is not a setting" + (f"; is {near[0]} meant?" if near else ""))
        found = known[key]
        members[found.name] = _value(found, hints[found.name], value, where + key)
    return members


def _value(found: Field[Any], hint: type, value: Any, where: str) -> Any:
    if is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise StageError(f"{where} takes an object of settings, not {value!r}")
        return hint(**_members(hint, value, where + "."))
    expected = get_origin(hint) or hint
    if type(value) is not expected:  # bool is an int to isinstance, never to a reader of cdk.json
        raise StageError(f"{where} takes a value of type {expected.__name__}, not {value!r}")
    within, among = found.metadata["within"], found.metadata["among"]
    if within and not within[0] <= value <= within[1]:
        raise StageError(f"{where} must lie between {within[0]} and {within[1]}, not {value!r}")
    if among and value not in among:
        raise StageError(f"{where} must be one of {', '.join(map(str, among))}, not {value!r}")
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def settings(kind: type = Stage, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """Every setting as (name in `cdk.json`, default, explanation), in the order of the file."""
    hints = get_type_hints(kind)
    for f in fields(kind):
        if f.name == "name":
            continue
        if is_dataclass(hints[f.name]):
            yield from settings(hints[f.name], f"{prefix}{_camel(f.name)}.")
        else:
            yield prefix + _camel(f.name), _default(f), f.metadata["explanation"]


def _default(f: Field[Any]) -> Any:
    return f.default_factory() if callable(f.default_factory) else f.default


if __name__ == "__main__":
    for key, default, explanation in settings():
        print(f"{key:<34} {json.dumps(default):<18} {explanation}")  # noqa: T201
