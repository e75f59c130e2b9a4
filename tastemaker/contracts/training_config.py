"""`config.json`: what the control plane tells one training job.

The control plane writes the file for each solution version. If the data is large, the step that sends its
preparation to Spark adds `prepared`. The training job reads the file. Members keep their JSON names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, cast

FORMAT_VERSION = 1

BUDGET_VARIABLE = "TRAINING_BUDGET_SECONDS"
"""The variable of a training job with the seconds that the passes of a network may take."""


class DatasetSource(TypedDict):
    """One dataset: its Avro schema and its files.

    `prefixes` are the lake prefixes of its imports, and `imported` the times (epoch seconds) at which they
    became visible. `put` is the lake key of a JSON Lines file of records that were put one at a time.
    """

    schema: Mapping[str, Any]
    prefixes: list[str]
    imported: NotRequired[list[float]]
    put: NotRequired[str]


class TrainingConfig(TypedDict):
    """The members of `config.json`. All paths are keys or prefixes in the lake.

    `createdAt` is in epoch seconds. `datasets` is keyed by dataset type. `events` and `actionEvents` are the
    prefixes of streamed events. `quotas` holds only the quotas that are enforced. `solutionConfig` has
    Personalize's own structure, as the caller gave it. `hyperParameters` and
    `featureTransformationParameters` are complete, with the recipe's defaults. `previous` is the folder of
    the bundle that an update continues from. `prepared` is the folder of interactions that Spark prepared.
    """

    formatVersion: int
    recipe: str
    datasets: dict[str, DatasetSource]
    solutionVersionArn: NotRequired[str]
    model: NotRequired[str | None]
    trainingMode: NotRequired[str]
    createdAt: NotRequired[float]
    seed: NotRequired[int]
    events: NotRequired[list[str]]
    actionEvents: NotRequired[list[str]]
    quotas: NotRequired[dict[str, int]]
    eventType: NotRequired[str | None]
    solutionConfig: NotRequired[Mapping[str, Any]]
    performHPO: NotRequired[bool]
    hyperParameters: NotRequired[dict[str, str]]
    featureTransformationParameters: NotRequired[dict[str, str]]
    previous: NotRequired[str]
    prepared: NotRequired[str]


def to_json(config: TrainingConfig) -> str:
    """The file's text."""
    return json.dumps(config, indent=1)


def from_json(text: str | bytes) -> TrainingConfig:
    """The content of the file, without any check. Raises `json.JSONDecodeError` if it is not JSON."""
    return cast(TrainingConfig, json.loads(text))
