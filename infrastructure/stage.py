"""The settings that can differ between stages, with their defaults and explanations.

`cdk.json` names the stages (context key `stages`) and lists for each only what differs from the defaults. An
unknown key is an error, so a typing error is never deployed. `python -m infrastructure.stage` prints the
table of all settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infrastructure.settings.data import EventSettings, LakeSettings
from infrastructure.settings.declaration import StageError, described, setting
from infrastructure.settings.functions import FunctionSettings, ThrottlingSettings
from infrastructure.settings.generation import GenerationSettings
from infrastructure.settings.jobs import DistributedSettings, TrainingSettings, image_parts
from infrastructure.settings.metrics import MetricsSettings
from infrastructure.settings.monitoring import MonitoringSettings
from infrastructure.settings.reading import list_settings, read
from infrastructure.settings.search import SearchSettings
from tastemaker.contracts.api_endpoint import stack_name
from tastemaker.contracts.stage_summary import StageSummary
from tastemaker.contracts.text_models import is_small

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


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One deployment of Tastemaker. `name` comes from the key in `cdk.json`."""

    name: str
    account: str = setting("", "the account to deploy to; empty for the account of the caller")
    region: str = setting("", "the region to deploy to; empty for the region of the caller")
    bundle: bool = setting(
        True, "package the dependencies with the functions; false packages only the source, for a local run"
    )
    removal: str = setting(
        "retain",
        "what happens to the tables and the lake when the stack is deleted",
        among=("retain", "destroy"),
    )
    own_key: bool = setting(
        False,
        "encrypt the lake, the tables, the stream, logs, alarms and training jobs with a key of the "
        "deployment's own in AWS KMS, at 1 USD a month and 0.03 USD per 10,000 requests; false for keys that "
        "AWS manages",
    )
    termination_protection: bool = setting(False, "the stack cannot be deleted while this is true")
    log_retention_days: int = setting(30, "how many days logs are kept", among=RETENTION_DAYS)
    log_level: str = setting(
        "INFO", "level of the functions' own log", among=("DEBUG", "INFO", "WARNING", "ERROR")
    )
    quotas: dict[str, Any] = field(
        default_factory=dict,
        metadata=described("service quotas to enforce, by Personalize's name for them; empty for none"),
    )
    auto_training_delay_minutes: int = setting(
        60, "automatic training starts so many minutes after CreateSolution", within=(0, 1440)
    )
    authorization: str = setting(
        "iam",
        "who may call which operation on what: iam for what the caller's IAM policies allow "
        "(docs/security.md), off for every caller with execute-api:Invoke",
        among=("iam", "off"),
    )
    import_roles: str = setting(
        "*Personalize*",
        "names of the roles that jobs may assume in this account, as an IAM pattern; never roles of the CDK, "
        "of this stack, or of AWS services",
    )
    external_id: str = setting(
        "", "the external ID that jobs present when they assume a role; empty for the ID of the stack"
    )
    data_buckets: list[str] = field(
        default_factory=list,
        metadata=described(
            "buckets that jobs may use with their own role if the caller's role cannot be assumed"
        ),
    )
    alarm_email: str = setting(
        "",
        "the address that gets the alarms; AWS asks it to confirm. If empty, subscribe to the topic in the "
        "output AlarmTopic",
    )
    attribution_namespace: str = setting(
        "",
        "CloudWatch namespace of metric attributions; empty for <stack>/MetricAttribution. AWS keeps those "
        "that begin with AWS/, as the service's own does, to itself",
    )
    tags: dict[str, str] = field(
        default_factory=dict,
        metadata=described("tags on every resource, in addition to application and stage"),
    )
    training: TrainingSettings = field(default_factory=TrainingSettings)
    distributed: DistributedSettings = field(default_factory=DistributedSettings)
    events: EventSettings = field(default_factory=EventSettings)
    functions: FunctionSettings = field(default_factory=FunctionSettings)
    throttling: ThrottlingSettings = field(default_factory=ThrottlingSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    generation: GenerationSettings = field(default_factory=GenerationSettings)
    lake: LakeSettings = field(default_factory=LakeSettings)
    monitoring: MonitoringSettings = field(default_factory=MonitoringSettings)

    @property
    def stack_name(self) -> str:
        """The name of the stack, and the prefix of every name in it."""
        return stack_name(self.name)

    @property
    def metrics_namespace(self) -> str:
        """The CloudWatch namespace of the metrics that functions write."""
        return self.metrics.namespace or self.stack_name

    @property
    def summary(self) -> StageSummary:
        """The settings that `DescribeDeployment` shows."""
        features = {
            "alarmEmails": bool(self.alarm_email),
            "distributedProcessing": self.distributed.enabled,
            "provisionedRuntime": self.functions.runtime_provisioned > 0,
            "spotTraining": self.training.spot,
            "textEmbeddings": bool(self.training.text_model),
            "textGeneration": bool(self.generation.model),
        }
        return StageSummary(self.name, features, self.throttling.rate, self.throttling.burst)

    @property
    def keeps_data(self) -> bool:
        """Whether data outlives the stack."""
        return self.removal == "retain"


def load(name: str, path: Path = CDK_JSON) -> Stage:
    """The stage `name` of the `cdk.json` at `path`. Raises StageError."""
    stages = json.loads(path.read_text())["context"]["stages"]
    if name not in stages:
        raise StageError(
            f"there is no stage {name!r} in {path.name}: choose one of {', '.join(sorted(stages))}"
        )
    return parse(name, stages[name])


def parse(name: str, settings: Mapping[str, Any]) -> Stage:
    """A stage from its settings in `cdk.json`. Raises StageError."""
    if not re.fullmatch(r"[a-z][a-z0-9]{0,15}", name):
        raise StageError(
            f"stage {name!r}: a name has up to 16 lowercase letters and digits, and starts with a letter"
        )
    stage = Stage(name=name, **read(Stage, settings, f"stage {name}: "))
    if stage.external_id and not re.fullmatch(r"[\w+=,.@:/-]{2,1224}", stage.external_id, re.ASCII):
        raise StageError(
            f"stage {name}: externalId has 2 to 1224 letters, digits, and characters of _+=,.@:/-"
        )
    if stage.training.image and image_parts(stage.training.image) is None:
        raise StageError(
            f"stage {name}: training.image must be an image in Amazon ECR with a tag other than latest, or "
            "with a digest: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/repository@sha256:…"
        )
    if stage.bundle and is_small(stage.generation.model):
        raise StageError(
            f"stage {name}: generation.model {stage.generation.model} runs in the local run only: with it a "
            "function would be larger than Lambda allows. Name a model on Amazon Bedrock, or none."
        )
    if problem := stage.search.problem:
        raise StageError(f"stage {name}: {problem}")
    return stage


def settings() -> Iterator[tuple[str, Any, str]]:
    """Every setting as (key in `cdk.json`, default, explanation), in the order of the declarations."""
    return list_settings(Stage)


if __name__ == "__main__":
    for key, default, explanation in settings():
        print(f"{key:<34} {json.dumps(default):<18} {explanation}")  # noqa: T201
