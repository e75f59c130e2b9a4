"""The settings of functions: typed environment variables, which are read when they are used."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from tastemaker.contracts.stage_summary import StageSummary
from tastemaker.contracts.text_models import TextGeneration
from tastemaker.contracts.workflow_names import WORKFLOWS

T = TypeVar("T")
_REQUIRED: Any = object()


class MissingSettingError(Exception):
    """An environment variable that the template sets is absent or cannot be read."""


class _Setting(Generic[T]):
    """One variable with its parser and its default. It is read at use: a function has only some of them."""

    def __init__(self, variable: str, read: Callable[[str], T], default: T = _REQUIRED) -> None:
        self.variable, self._read, self._default = variable, read, default

    def __get__(self, settings: "Settings", owner: type) -> T:
        text = settings.environ.get(self.variable, "")
        if not text:
            if self._default is _REQUIRED:
                raise MissingSettingError(
                    f"The environment variable {self.variable} is not set; the stack's template sets it."
                )
            return self._default
        try:
            return self._read(text)
        except (ValueError, TypeError) as error:
            raise MissingSettingError(
                f"The environment variable {self.variable} is {text!r}: {error}"
            ) from None


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("it must be a JSON object")
    return value


def _authorization(text: str) -> str:
    if text not in ("iam", "off"):
        raise ValueError("it must be iam or off")
    return text


def _texts(text: str) -> list[str]:
    value = json.loads(text)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("it must be a JSON list of strings")
    return value


class Settings:
    """The settings of this process, or of the given mapping of environment variables."""

    resources_table = _Setting("TASTEMAKER_RESOURCES_TABLE", str)
    profiles_table = _Setting("TASTEMAKER_PROFILES_TABLE", str)
    catalog_table = _Setting("TASTEMAKER_CATALOG_TABLE", str)
    recommendations_table = _Setting("TASTEMAKER_RECOMMENDATIONS_TABLE", str)
    lake_bucket = _Setting("TASTEMAKER_LAKE_BUCKET", str)
    authorization = _Setting("TASTEMAKER_AUTHORIZATION", _authorization)
    """`iam` or `off`. There is no default, so that a function without the variable serves nobody."""
    event_stream = _Setting("TASTEMAKER_EVENT_STREAM", str)
    delivery_stream = _Setting[str | None]("TASTEMAKER_DELIVERY_STREAM", str, None)
    """The Firehose stream that takes events directly; None if events go to `event_stream`."""
    profile_days = _Setting("TASTEMAKER_PROFILE_DAYS", int, 90)
    """How many days an event counts in real time. The lake keeps it for training."""
    schedule_group = _Setting("TASTEMAKER_SCHEDULE_GROUP", str)
    schedule_role_arn = _Setting("TASTEMAKER_SCHEDULE_ROLE_ARN", str)
    steps_function = _Setting("TASTEMAKER_STEPS_FUNCTION", str)
    generation_function = _Setting("TASTEMAKER_GENERATION_FUNCTION", str)
    runtime_function = _Setting("TASTEMAKER_RUNTIME_FUNCTION", str)
    runtime_environments = _Setting("TASTEMAKER_RUNTIME_ENVIRONMENTS", int, 1)
    """How many provisioned environments of the runtime function are warmed."""
    model_disk_megabytes = _Setting[int | None]("TASTEMAKER_MODEL_DISK_MEGABYTES", int, None)
    """The disk of the functions that open models; None if it is not known."""
    quotas = _Setting[dict[str, Any]]("TASTEMAKER_QUOTAS", _object, {})
    """Name of a quota → number. Other quotas are not enforced."""
    auto_training_delay_minutes = _Setting("TASTEMAKER_AUTO_TRAINING_DELAY_MINUTES", int, 60)
    event_bus = _Setting[str | None]("TASTEMAKER_EVENT_BUS", str, None)
    import_roles = _Setting("TASTEMAKER_IMPORT_ROLES", str, "*")
    """The IAM pattern of the roles that jobs can assume."""
    external_id = _Setting[str | None]("TASTEMAKER_EXTERNAL_ID", str, None)
    """What jobs present when they assume a role."""
    job_roles = _Setting[list[str]]("TASTEMAKER_JOB_ROLES", lambda text: text.split(","), [])
    """The ARNs of the roles that assume callers' roles."""
    data_buckets = _Setting[list[str]]("TASTEMAKER_DATA_BUCKETS", _texts, [])
    attribution_namespace = _Setting("TASTEMAKER_ATTRIBUTION_NAMESPACE", str)
    distributed_bytes = _Setting("TASTEMAKER_DISTRIBUTED_BYTES", int, 0)
    """Larger inputs are processed by Spark; 0 if the stage has no Spark."""
    search_domain = _Setting("TASTEMAKER_SEARCH_DOMAIN", str)
    """The name that IAM policies have for the OpenSearch API, in place of a domain's."""
    search_endpoint = _Setting[str | None]("TASTEMAKER_SEARCH_ENDPOINT", str, None)
    """The address of an OpenSearch server; None for the embedded index."""
    search_service = _Setting("TASTEMAKER_SEARCH_SERVICE", str)
    """The service that requests to the OpenSearch server are signed for."""
    text_embeddings = _Setting[str | None]("TASTEMAKER_TEXT_EMBEDDINGS", str, None)
    """The model on Amazon Bedrock that makes vectors of texts; None if the stage names none."""
    text_embeddings_region = _Setting[str | None]("TASTEMAKER_TEXT_EMBEDDINGS_REGION", str, None)
    search_log_days = _Setting("TASTEMAKER_SEARCH_LOG_DAYS", int, 0)
    """How many days queries and what they showed are kept; 0 for not at all."""
    deployment = _Setting("TASTEMAKER_DEPLOYMENT", StageSummary.from_json)
    text_generation = _Setting("TASTEMAKER_TEXT_GENERATION", TextGeneration.from_json, TextGeneration())
    """The model that writes texts; by default there is none, and templates do."""
    region = _Setting("AWS_REGION", str)

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self.environ = environ

    @property
    def reserved_buckets(self) -> list[str]:
        """Buckets that no request may name: the lake, if this function knows it."""
        return [self.lake_bucket] if self.environ.get("TASTEMAKER_LAKE_BUCKET") else []

    @property
    def machine_arns(self) -> dict[str, str]:
        """Workflow → the ARN of its state machine. Raises MissingSettingError if a variable is absent."""
        variables = {name: row.machine_arn_variable for name, row in WORKFLOWS.items()}
        return {name: _Setting(variable, str).__get__(self, Settings) for name, variable in variables.items()}
