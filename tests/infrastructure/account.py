"""An account in memory that runs the state machines with the real functions, and can kill a function.

A function is killed after its nth write to AWS. Every later call of the function fails too, so its own
clean-up cannot help. These are all cases: a function that is killed before its first write has done nothing,
and between two writes only the earlier one counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from lambdas.batch.handler import Batch
from lambdas.deletion.handler import DataDeletion
from lambdas.steps.handler import Steps
from lambdas.stores.lake import LakeBucket
from lambdas.stores.records import ResourceTable
from lambdas.support.settings import Settings
from tests.infrastructure.machine import Aborted, Killed, Machine
from tests.lambdas.aws import LAKE, TABLES, create_resources_table, create_table
from tests.tastemaker.control.fakes import SCOPE, World, world

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "TASTEMAKER_RESOURCES_TABLE": "resources",
    "TASTEMAKER_LAKE_BUCKET": LAKE,
    "TASTEMAKER_PROFILES_TABLE": "profiles",
    "TASTEMAKER_CATALOG_TABLE": "catalog",
    "TASTEMAKER_RECOMMENDATIONS_TABLE": "recommendations",
    "TASTEMAKER_RUNTIME_FUNCTION": "runtime",
    "TASTEMAKER_DATA_BUCKETS": '["data", "out"]',
}
BUCKETS = (LAKE, "data", "out")
READS = ("Get", "List", "Head", "Query", "Scan", "Describe", "BatchGet", "AssumeRole")
PASSING = {
    "lastUpdatedDateTime",
    "_importedAt",
    "at",
    "_execution",
    "_training",
    "_trainingAt",
    "_trainedAt",
    "_job",
    "imported",
    "createdAt",
    "seed",
}
"""Members of records that tell when, or by which execution, and so differ from run to run."""


@dataclass
class Reaper:
    """Counts the writes of functions while `armed`, and kills after write number `due` (0: never)."""

    due: int = 0
    writes: int = 0
    armed: bool = False
    dead: bool = False

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        original = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            if self.dead:
                raise Killed
            answer = original(client, operation, params)
            if self.armed and not operation.startswith(READS):
                self.wrote()
            return answer

        monkeypatch.setattr(BaseClient, "_make_api_call", call)

    def wrote(self) -> None:
        """Count a write. Raises Killed if it is number `due`."""
        self.writes += 1
        if self.writes == self.due:
            self.dead = True
            raise Killed

    @contextmanager
    def process(self) -> Iterator[None]:
        """One run of a function. A function that caught Killed is dead too."""
        self.armed = True
        try:
            yield
            if self.dead:
                raise Killed
        finally:
            self.armed = self.dead = False


class Functions:
    """The functions, created once, because clients take longer to create than jobs take to run.

    They keep nothing of an account except models, which their addresses identify.
    """

    def __init__(self) -> None:
        from lambdas.exporting import handler as export
        from lambdas.importing import handler as importing
        from lambdas.refreshing import handler as refreshing

        steps, batch, deletion = Steps(Settings(), SCOPE.account), Batch(Settings()), DataDeletion(Settings())
        self.steps = steps
        self.s3, self.dynamodb = boto3.client("s3"), boto3.client("dynamodb")
        self.call: dict[str, Callable[[Any], Any]] = {
            # Warming changes nothing that lasts.
            "steps": lambda sent: {} if sent["action"] == "warm" else steps.run(sent, 300.0),
            "importing": importing.handle,
            "exporting": export.handle,
            "refreshing": refreshing.handle,
            "batch": lambda sent: batch.run(sent["action"], sent["plan"], sent.get("item") or {}),
            "deletion": lambda sent: deletion.run(sent["action"], sent["plan"], sent.get("item") or {}),
        }


functions = cache(Functions)


@dataclass
class Account:
    """`definitions` maps workflows to definitions. `bundle` is the folder of the trained model."""

    definitions: Mapping[str, Any]
    bundle: Path
    reaper: Reaper = field(default_factory=Reaper)
    executions: int = 0
    again: bool = True
    trained: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.s3, self.dynamodb = functions().s3, functions().dynamodb
        for bucket in BUCKETS:
            where = {"LocationConstraint": ENVIRONMENT["AWS_REGION"]}
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        create_resources_table(self.dynamodb)
        for table in TABLES:
            create_table(self.dynamodb, table)
        self.lake = LakeBucket(self.s3, LAKE)
        made = world(repository=ResourceTable(self.dynamodb, "resources"))
        # The same in every run, and late enough that nothing has expired for the functions.
        made.clock.now = 2_000_000_000.0
        self.here: World = replace(made, control=made.control.with_ports(lake=self.lake))

    def machine(self, workflow: str, *, again: bool = True, abort: bool = False) -> Machine:
        return Machine(self.definitions[workflow], self._call, self.lake.read, again=again, abort=abort)

    def run(
        self,
        workflow: str,
        request: dict[str, Any],
        *,
        again: bool = True,
        abort: bool = False,
        name: str | None = None,
    ) -> bool:
        """Run one execution to its end. If it is aborted, settle it as the event of EventBridge does."""
        self.executions, self.again = self.executions + 1, again
        states = f"arn:aws:states:eu-west-1:{SCOPE.account}"
        execution = f"{states}:execution:tastemaker-{workflow}:{name or self.executions}"
        try:
            return self.machine(workflow, again=again, abort=abort).run(request, execution)
        except Aborted:
            functions().steps.settle(
                {
                    "executionArn": execution,
                    "stateMachineArn": f"{states}:stateMachine:tastemaker-{workflow}",
                    "input": json.dumps(request),
                    "status": "ABORTED",
                }
            )
            return False

    def _call(self, name: str, sent: Any) -> Any:
        if name == "train":
            return self._train(sent)
        with self.reaper.process():
            return functions().call[name](sent)

    def _train(self, job: dict[str, Any]) -> dict[str, Any]:
        """SageMaker, which accepts the name of a job once."""
        name, output = job["TrainingJobName"], job["OutputDataConfig"]["S3OutputPath"]
        assert name not in self.trained, "SageMaker.ResourceInUse"
        self.trained.add(name)
        folder = f"{output.removeprefix(self.lake.uri(''))}{name}/output/model/"
        for path in (one for one in self.bundle.rglob("*") if one.is_file()):
            self.s3.upload_file(str(path), LAKE, f"{folder}{path.relative_to(self.bundle).as_posix()}")
        if not self.again:  # only the wait for a job can be killed after the job has ended
            with self.reaper.process():
                self.reaper.wrote()
        return {"TrainingTimeInSeconds": 36}

    def state(self) -> dict[str, Any]:
        """The content of all tables and buckets, without times."""
        found: dict[str, Any] = {}
        for table in ("resources", *TABLES):
            items = self.dynamodb.scan(TableName=table)["Items"]
            found[table] = sorted((_lasting(item) for item in items), key=repr)
        for bucket in BUCKETS:
            for entry in self.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                body = self.s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                told = entry["Key"].endswith("config.json")
                found[f"{bucket}/{_nameless(entry['Key'])}"] = (
                    _without_passing(json.loads(body)) if told else _nameless(body.decode("latin-1"))
                )
        return found


def _lasting(item: dict[str, Any]) -> dict[str, Any]:
    if "body" not in item:
        return item
    body = _without_passing(json.loads(_nameless(item["body"]["S"])))
    return {**{name: value for name, value in item.items() if name != "revision"}, "body": body}


def _without_passing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_passing(one) for name, one in value.items() if name not in PASSING}
    if isinstance(value, list):
        return [_without_passing(one) for one in value]
    return value


def _nameless(text: str) -> str:
    """The text without names of training jobs and of a recommender's models, which differ between runs."""
    text = re.sub(r"tastemaker-[\w-]+/output", "job/output", text)
    return re.sub(r"recommender-r/[0-9a-f]{16}", "recommender-r/version", text)


@contextmanager
def account(
    definitions: Mapping[str, Any], bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Account]:
    """A new, empty account."""
    with monkeypatch.context() as patch, mock_aws():
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        made = Account(definitions, bundle)
        made.reaper.install(patch)
        yield made
