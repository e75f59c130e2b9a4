"""Plans of work that may be too much for one machine, and what came of it there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.lake_layout import TrainingFolder, import_outcome
from tastemaker.contracts.training_config import from_json, to_json
from tastemaker.failures import WorkFailedError


def planned(workflow: str, plan: dict[str, Any], lake: LakeBucket, limit: int) -> dict[str, Any]:
    """The plan of an import or of a training, with what Spark needs to know.

    An import is told where to leave what came of it; how much there is to read only the import itself sees.
    Of a training, interactions and events of more than `limit` bytes are to be prepared first, and another
    manifest names what the job then reads.
    """
    if workflow == "import":
        return {**plan, "outcome": import_outcome(plan["destination"])}
    if workflow != "train" or plan.get("skip"):
        return plan
    config = from_json(lake.read(plan["configKey"]))
    interactions = config["datasets"].get("INTERACTIONS")
    prefixes = [*(interactions["prefixes"] if interactions else ()), *config.get("events", ())]
    size = sum(lake.size(prefix) for prefix in prefixes)
    if size <= limit:
        return plan
    folder = TrainingFolder.of_config(plan["configKey"]).prepared
    lake.write(plan["configKey"], to_json({**config, "prepared": folder.prefix}))
    prepare = {
        "configKey": plan["configKey"],
        "manifestKey": plan["manifestUri"].removeprefix(lake.uri("")),
        "prepared": folder.prefix,
        "bytes": size,
    }
    manifest = lake.uri(folder.manifest)
    return {
        **plan,
        **prepare,
        "distributed": True,
        "manifestUri": manifest,
        "outcome": folder.outcome,
    }


def outcome(plan: Mapping[str, Any], lake: LakeBucket) -> dict[str, Any]:
    """What a job on Spark left. Raises WorkFailedError with its words if it refused the data."""
    left = json.loads(lake.read(plan["outcome"]))
    if "error" in left:
        raise WorkFailedError(left["error"])
    return left
