"""What keeps a deployment's models and files in order, under faults: refreshes, segments, and compaction."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lambdas.deletion.compaction import Compaction
from lambdas.refreshing.refresh import TALLY_FILE
from lambdas.stores import parquet
from tastemaker.contracts.compaction import AGE_DAYS, KEPT_DAYS
from tastemaker.contracts.deployment import deployment_of
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.ids import save_array
from tastemaker.models.sparse import SparseRows
from tastemaker.refreshing.tally import Tally
from tests.chaos.checks import difference
from tests.chaos.scenario import MAX_ATTEMPTS, Scenario
from tests.tastemaker.control import shop
from tests.tastemaker.serving.films import write_bundle

PERSONAL = "arn:aws:personalize:::recipe/aws-user-personalization"
AFFINITY = "arn:aws:personalize:::recipe/aws-item-affinity"


def refreshed_bundle(folder: Path) -> Path:
    """The films' model as a training of long ago, so that all events are newer."""
    path = write_bundle(folder, "sequence")
    manifest = json.loads((path / "bundle.json").read_text())
    types = {"GENRES": "categorical", "YEAR": "number", "COLOR": "boolean"}
    manifest |= {"columns": {"ITEMS": types}, "latestTimestamp": 20, "created": 0.0}
    (path / "bundle.json").write_text(json.dumps(manifest))
    return path


def affinity_bundle(folder: Path) -> Path:
    """A model of the films that finds users: ann, who has a history."""
    path = write_bundle(folder, "affinity")
    manifest = json.loads((path / "bundle.json").read_text())
    manifest["model"] = {"settings": {}, "trainedTypes": [True, True], "unknownTypes": True}
    manifest["counts"] = {"users": 2, "items": 5, "interactions": 2}
    (path / "bundle.json").write_text(json.dumps(manifest))
    save_array(path / "model" / "activity.npy", np.ones(2, np.float32))
    pairs = SparseRows(np.array([0, 1, 1, 1, 2, 2]), np.array([3, 0], np.int32), np.ones(2, np.float32))
    pairs.save(path / "model", "toward")
    return path


@dataclass
class Maintenance:
    """The jobs on a scenario's group."""

    on: Scenario
    folder: Path
    counted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._personal = refreshed_bundle(self.folder / "personal")
        self._affinity = affinity_bundle(self.folder / "affinity")

    def refresh(self) -> None:
        """Refresh the model of a campaign with the events that are in the lake. It is trained first."""
        arn = self.on._arn("campaign/fresh")
        if self.on._status(arn) is None:
            self.on.deploy("fresh", self._train("fresh", PERSONAL, self._personal))
        self.on._work("refresh", {"campaignArn": arn}, lambda: self._taken(arn).keys() == self._stored())
        taken, stored = self._taken(arn), Counter(self._stored())
        # Each event has an item of its own.
        assert taken == stored, f"refresh: {difference(stored, taken)}"
        self.counted["refresh"] = taken.total()

    def _train(self, name: str, recipe: str, bundle: Path) -> str:
        usual, self.on.on.bundle = self.on.on.bundle, bundle
        try:
            return self.on.train(self.on.solution(name, recipe))
        finally:
            self.on.on.bundle = usual

    def _taken(self, arn: str) -> Counter[str]:
        """How often the refresh that the campaign serves has counted each item."""
        record = self.on.records.get(arn)
        assert record is not None
        serving = deployment_of(record.body)
        refresh = None if serving is None else serving.get("refresh")
        if refresh is None:
            return Counter()
        lake = self.on.on.lake
        with self.on.without_faults():
            return Tally.loads(lake.read(f"{refresh.removeprefix(lake.uri(''))}{TALLY_FILE}")).taken

    def _stored(self) -> set[str]:
        """The items of the events that are in the lake."""
        lake, (interactions, _) = self.on.on.lake, self.on._storages
        with self.on.without_faults():
            keys = parquet.event_keys(lake, interactions.events)
            return {item for key in keys for (item,) in parquet.event_rows(lake, key, ["itemId"])}

    def segment(self, name: str) -> None:
        """A segment of the users who want a film."""
        self.on.on.s3.put_object(Bucket="data", Key=f"{name}/items.json", Body=b'{"itemId": "alien"}\n' * 3)
        self.on._api(
            "CreateBatchSegmentJob",
            jobName=name,
            solutionVersionArn=self._train("segments", AFFINITY, self._affinity),
            jobInput={"s3DataSource": {"path": f"s3://data/{name}/"}},
            jobOutput={"s3DataDestination": {"path": f"s3://out/{name}/"}},
            roleArn=shop.ROLE,
        )
        arn = self.on._arn(f"batch-segment-job/{name}")
        self.on._until_active("batch", "batchSegmentJobArn", arn)
        body = self.on.on.s3.get_object(Bucket="out", Key=f"{name}/items.json.out")["Body"].read()
        lines = [json.loads(line) for line in body.splitlines()]
        assert [line["output"] for line in lines] == [{"usersList": ["ann"]}] * 3
        self.on.jobs["segment"] += 1

    def compact(self) -> None:
        """Compact today's events as if a week had passed, and delete what was compacted after another one."""
        for days in (AGE_DAYS + 1, AGE_DAYS + KEPT_DAYS + 2):
            for _ in range(MAX_ATTEMPTS):
                run = Compaction(self.on.on.lake, lambda days=days: time.time() + days * DAY_SECONDS)  # type: ignore[misc]
                try:
                    self.on._in_process(lambda run=run: run.run(lambda: 900.0))  # type: ignore[misc]
                    break
                except Exception:
                    self.on.attempts += 1
            else:
                raise AssertionError(f"compaction did not succeed in {MAX_ATTEMPTS} attempts")
        self.on.jobs["compaction"] += 1
