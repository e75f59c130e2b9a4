"""Imports and trainings that may be too large for one machine: what Spark needs to know, and its result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.lake_layout import TrainingFolder, import_outcome
from tastemaker.contracts.plans import ImportPlan, TrainPlan
from tastemaker.contracts.training_config import from_json, to_json
from tastemaker.failures import WorkFailedError


def add_distribution(
    workflow: str, plan: Mapping[str, Any], lake: LakeBucket, limit: int
) -> Mapping[str, Any]:
    """Add what Spark needs to know to the plan of an import or a training. Other plans stay as they are.

    The plan of an import says where to leave the result: only the import itself sees how much there is to
    read. If a training has more than `limit` bytes of interactions and events, they are prepared first, and
    another manifest names what the job then reads.
    """
    if workflow == "import":
        return _import_plan(cast(ImportPlan, plan))
    if workflow == "train" and not plan.get("skip"):
        return _train_plan(cast(TrainPlan, plan), lake, limit)
    return plan


def read_outcome(plan: Mapping[str, Any], lake: LakeBucket) -> dict[str, Any]:
    """The result of a job on Spark. Raises WorkFailedError with its reason if it refused the data."""
    outcome: dict[str, Any] = json.loads(lake.read(plan["outcome"]))
    if "error" in outcome:
        raise WorkFailedError(outcome["error"])
    return outcome


def _import_plan(plan: ImportPlan) -> ImportPlan:
    return {**plan, "outcome": import_outcome(plan["destination"])}


def _train_plan(plan: TrainPlan, lake: LakeBucket, limit: int) -> TrainPlan:
    config = from_json(lake.read(plan["configKey"]))
    interactions = config["datasets"].get("INTERACTIONS")
    prefixes = [*(interactions["prefixes"] if interactions else ()), *config.get("events", ())]
    size = sum(lake.size(prefix) for prefix in prefixes)
    if size <= limit:
        return plan
    folder = TrainingFolder.of_config(plan["configKey"]).prepared
    lake.write(plan["configKey"], to_json({**config, "prepared": folder.prefix}))
    return {
        **plan,
        "manifestKey": plan["manifestUri"].removeprefix(lake.uri("")),
        "prepared": folder.prefix,
        "bytes": size,
        "distributed": True,
        "manifestUri": lake.uri(folder.manifest),
        "outcome": folder.outcome,
    }
