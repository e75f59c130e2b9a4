"""A deployment under faults: events stream while jobs run. Both are checked against what was acknowledged.

Nothing is mocked but AWS: the functions, the state machines of the template, the stores and the training's
reader of data are the real ones. Every job is repeated as a person or a schedule would, until it succeeds.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from lambdas.events.catalog import Catalog
from lambdas.events.kinesis import KinesisTransport
from lambdas.events.operations import operations
from lambdas.events.targets import EventTargets
from lambdas.stores import parquet
from lambdas.stores.profile_writer import ProfileWriter
from lambdas.stores.profiles import Profiles
from lambdas.stores.records import ResourceTable
from tastemaker.contracts.dataset_storage import DatasetStorage
from tastemaker.contracts.deployment import deployment_of
from tastemaker.control.core.datasets import imports_of
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import ResourceAlreadyExists
from tests.chaos import checks
from tests.chaos.faults import Faults
from tests.chaos.pipeline import EventPipeline, Stream
from tests.chaos.traffic import Traffic
from tests.infrastructure.account import Account
from tests.infrastructure.machine import Killed
from tests.tastemaker.control import shop

START = 1_750_000_000
MAX_ATTEMPTS = 60
MAX_EXECUTIONS = 400
"""A data deletion makes some hundred calls, and starts again if one of them fails."""
POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"
VIEWED = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"
HEADER = "USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n"


@dataclass
class LossyStream(Stream):
    """A stream that throttles records, and whose answers get lost."""

    faults: Faults | None = None

    def put_records(self, *, StreamName: str, Records: Any) -> dict[str, Any]:  # noqa: N803
        assert self.faults is not None

        def perform(params: dict[str, Any]) -> dict[str, Any]:
            return super(LossyStream, self).put_records(StreamName=StreamName, Records=params["Records"])

        answer: dict[str, Any] = self.faults.call("kinesis", "PutRecords", {"Records": Records}, perform)
        return answer


@dataclass
class Scenario:
    """A group with all that belongs to it, its traffic, and its jobs."""

    on: Account
    faults: Faults
    random: Random
    folder: Path
    users: int = 50
    jobs: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    imported: list[tuple[str, str]] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.here = self.on.here
        self.records = ResourceTable(self.on.dynamodb, "resources")
        self.stream = LossyStream(refuses=lambda: self.random.random() < self.faults.rate, faults=self.faults)
        self.profiles = Profiles(self.on.dynamodb, "profiles")
        writer = ProfileWriter(self.on.dynamodb, "profiles", sleep=lambda _: None)
        self.pipeline = EventPipeline(self.stream, writer, self.on.lake, run=self._in_process)
        self._start_events_function()
        self.group = shop.group(self.here)
        for dataset_type in ("Interactions", "Items", "Users", "Action_Interactions"):
            shop.dataset(self.here, self.group, dataset_type)
        tracker = self.here.call("CreateEventTracker", name="t", datasetGroupArn=self.group)
        actions = self.here.control.records.find_any(self.dataset("ACTION_INTERACTIONS")).body["trackingId"]
        self.traffic = Traffic(
            self.random, self._send, (tracker["trackingId"], actions), START, users=self.users
        )

    def dataset(self, dataset_type: str) -> str:
        return self.here.control.ports.scope.arn(f"dataset/films/{dataset_type}")

    # --- processes ---

    def _start_events_function(self) -> None:
        """A new process of the events function: its caches are empty."""
        dynamodb = self.on.dynamodb
        self._operations = operations(
            EventTargets(self.records),
            KinesisTransport(self.stream, "events", lambda _: None),
            Catalog(dynamodb, "catalog", sleep=lambda _: None),
            clock=lambda: float(START + 10_000_000),
        )

    def _send(self, operation: str, request: dict[str, Any]) -> None:
        try:
            self._in_process(lambda: self._operations[operation](request))
        except Killed:
            self._start_events_function()
            raise

    def _in_process(self, step: Callable[[], Any]) -> Any:
        with self.faults.process():
            return step()

    def _api(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call the control plane until it succeeds, as an SDK does."""
        for _ in range(MAX_ATTEMPTS):
            try:
                return dict(self._in_process(lambda: self.here.call(operation, **params)) or {})
            except ResourceAlreadyExists:
                return {}  # an earlier attempt had succeeded, and its answer was lost
            except Exception:
                self.attempts += 1
        raise AssertionError(f"{operation} did not succeed in {MAX_ATTEMPTS} attempts")

    def _work(self, workflow: str, request: dict[str, Any], done: Callable[[], bool]) -> None:
        """Run a workflow until its record says that it is done.

        An execution that ends badly is settled from outside, as EventBridge and reconciliation do it.
        """
        for _ in range(MAX_EXECUTIONS):
            try:
                again, abort = self.random.choice([(True, False), (False, False), (False, True)])
                self.on.run(workflow, request, again=again, abort=abort)
            except Exception:
                self.attempts += 1
            self._settle(workflow, request)
            self._check_between()
            if done():
                self.jobs[workflow] += 1
                return
        record = self.records.get(next(iter(request.values())))
        reason = None if record is None else record.body.get("failureReason")
        raise AssertionError(f"{workflow} {request} did not succeed in {MAX_EXECUTIONS} executions: {reason}")

    def _settle(self, workflow: str, request: dict[str, Any]) -> None:
        """The steps function gets the end of the execution until it has stored it."""
        execution = (
            f"arn:aws:states:eu-west-1:123456789012:execution:tastemaker-{workflow}:{self.on.executions}"
        )
        steps, error = WorkflowSteps(self.here.control), {"Error": "Lost", "Cause": "it has ended"}
        for _ in range(MAX_ATTEMPTS):
            try:
                self._in_process(lambda: steps.settle(workflow, request, error, execution))
                return
            except Exception:
                self.attempts += 1

    def _status(self, arn: str) -> str | None:
        record = self.records.get(arn)
        return None if record is None else record.status

    def _until_active(self, workflow: str, member: str, arn: str) -> None:
        self._work(workflow, {member: arn}, lambda: self._status(arn) in ("ACTIVE", "COMPLETED"))

    def _arn(self, suffix: str) -> str:
        return self.here.control.ports.scope.arn(suffix)

    # --- jobs ---

    def import_rows(self, name: str, rows: int, *, mode: str = "INCREMENTAL") -> None:
        """Import rows of other users than those who send events."""
        found = [(f"bulk-{self.random.randrange(20)}", f"{name}-{n}") for n in range(rows)]
        text = HEADER + "".join(f"{u},{i},{START - n},view,\n" for n, (u, i) in enumerate(found))
        key = f"{name}.csv"
        self.on.s3.put_object(Bucket="data", Key=key, Body=text.encode())
        source = {"dataLocation": f"s3://data/{key}"}
        request = {"jobName": name, "datasetArn": self.dataset("INTERACTIONS"), "dataSource": source}
        self._api("CreateDatasetImportJob", **request, roleArn=shop.ROLE, importMode=mode)
        self._until_active("import", "datasetImportJobArn", self._arn(f"dataset-import-job/{name}"))
        self.imported = [*(self.imported if mode == "INCREMENTAL" else []), *found]

    def solution(self, name: str, recipe: str = POPULAR) -> str:
        request = {"name": name, "datasetGroupArn": self.group, "recipeArn": recipe}
        self._api("CreateSolution", **request, performAutoTraining=False)
        return self._arn(f"solution/{name}")

    def train(self, solution: str) -> str:
        """A new version, by the schedule's input: the execution makes the record."""
        known = {one.arn for one in self.here.control.records.each("SolutionVersion", solution)}

        def fresh() -> list[str]:
            versions = self.here.control.records.each("SolutionVersion", solution)
            return [one.arn for one in versions if one.arn not in known and one.status == "ACTIVE"]

        self._work("train", {"solutionArn": solution}, lambda: bool(fresh()))
        return fresh()[0]

    def deploy(self, name: str, version: str) -> str:
        """Create a campaign, or update it to another version."""
        arn = self._arn(f"campaign/{name}")
        if self._status(arn) is None:
            self._api("CreateCampaign", name=name, solutionVersionArn=version)
        else:
            self._api_once("UpdateCampaign", campaignArn=arn, solutionVersionArn=version)

        def done() -> bool:
            record = self.records.get(arn)
            assert record is not None
            serving = deployment_of(record.body)
            return (
                serving is not None and serving["solutionVersionArn"] == version and not record.in_transition
            )

        self._work("deploy", {"campaignArn": arn}, done)
        return arn

    def _api_once(self, operation: str, **params: Any) -> None:
        """An update, whose repetition is refused while the first one waits."""
        for _ in range(MAX_ATTEMPTS):
            try:
                self._in_process(lambda: self.here.call(operation, **params))
                return
            except Exception as error:
                self.attempts += 1
                if "wait until it has ended" in str(error):
                    return
        raise AssertionError(f"{operation} did not succeed")

    def recommender(self) -> None:
        """A recommender of a domain group with its own data."""
        if self._status(self._arn("dataset-group/shop")) is None:
            self._api("CreateDatasetGroup", name="shop", domain="ECOMMERCE")
            schema = shop.schema(self.here, name="shop-events", domain="ECOMMERCE")
            request = {"name": "i", "datasetType": "Interactions", "schemaArn": schema}
            self._api("CreateDataset", datasetGroupArn=self._arn("dataset-group/shop"), **request)
            interactions = shop.storage(self.here, self._arn("dataset-group/shop"))
            self.on.lake.write(f"{interactions.events}a.parquet", "")
        name = f"r-{self.jobs['recommender']}"
        request = {"datasetGroupArn": self._arn("dataset-group/shop"), "recipeArn": VIEWED}
        self._api("CreateRecommender", name=name, **request)
        arn = self._arn(f"recommender/{name}")
        self._until_active("train", "recommenderArn", arn)
        self.jobs["recommender"] += 1

    def batch(self, name: str, version: str) -> None:
        lines = "".join(json.dumps({"userId": f"user-{n}"}) + "\n" for n in range(7))
        self.on.s3.put_object(Bucket="data", Key=f"{name}/users.json", Body=lines.encode())
        self._api(
            "CreateBatchInferenceJob",
            jobName=name,
            solutionVersionArn=version,
            jobInput={"s3DataSource": {"path": f"s3://data/{name}/"}},
            jobOutput={"s3DataDestination": {"path": f"s3://out/{name}/"}},
            roleArn=shop.ROLE,
        )
        self._until_active("batch", "batchInferenceJobArn", self._arn(f"batch-inference-job/{name}"))
        body = self.on.s3.get_object(Bucket="out", Key=f"{name}/users.json.out")["Body"].read().decode()
        answered = [json.loads(line) for line in body.splitlines()]
        assert [one["input"]["userId"] for one in answered] == [f"user-{n}" for n in range(7)]
        assert all(one["error"] is None for one in answered)

    def export(self, name: str, mode: str = "ALL") -> list[tuple[str, str]]:
        """(user, item) of an export of Interactions."""
        self._api(
            "CreateDatasetExportJob",
            jobName=name,
            datasetArn=self.dataset("INTERACTIONS"),
            ingestionMode=mode,
            roleArn=shop.ROLE,
            jobOutput={"s3DataDestination": {"path": "s3://out/"}},
        )
        self._until_active("export", "datasetExportJobArn", self._arn(f"dataset-export-job/{name}"))
        body = self.on.s3.get_object(Bucket="out", Key=f"{name}.csv")["Body"].read().decode()
        return [(row["USER_ID"], row["ITEM_ID"]) for row in csv.DictReader(io.StringIO(body))]

    def delete_users(self, name: str, users: set[str]) -> None:
        text = "USER_ID\n" + "".join(f"{user}\n" for user in sorted(users))
        self.on.s3.put_object(Bucket="data", Key=f"{name}.csv", Body=text.encode())
        source = {"dataLocation": f"s3://data/{name}.csv"}
        request = {"jobName": name, "datasetGroupArn": self.group, "roleArn": shop.ROLE, "dataSource": source}
        self.deleted |= users
        self._api("CreateDataDeletionJob", **request)
        self._until_active("data-deletion", "dataDeletionJobArn", self._arn(f"data-deletion-job/{name}"))
        self.imported = [(user, item) for user, item in self.imported if user not in users]
        sent = self.traffic.sent
        for user in users:
            session = f"session-{user}"
            if session in sent.users_of_sessions:
                sent.by_session.pop(session, None)
            sent.by_user.pop(user, None)
            sent.actions.pop(user, None)

    def delete_solution(self, solution: str) -> None:
        """Delete the campaign of a solution, and the solution, as a person who repeats what failed."""
        campaign = self._arn("campaign/home")
        self._until(lambda: self._status(campaign) is None, "DeleteCampaign", campaignArn=campaign)
        self._until(lambda: self._status(solution) != "ACTIVE", "DeleteSolution", solutionArn=solution)
        self._work("delete", {"arn": solution}, lambda: self._status(solution) is None)

    def _until(self, done: Callable[[], bool], operation: str, **params: Any) -> None:
        error: Exception | None = None
        for _ in range(MAX_ATTEMPTS):
            if done():
                return
            try:
                self._in_process(lambda: self.here.call(operation, **params))
            except Exception as failed:
                self.attempts, error = self.attempts + 1, failed
        raise AssertionError(f"{operation} did not succeed: {error}")

    # --- checks ---

    def in_transition(self) -> list[str]:
        """The resources that wait for an execution."""
        return [one.arn for one in self.here.control.ports.repository.with_pending_work()]

    def _check_between(self) -> None:
        """What must hold at any time: no half import is visible, and no campaign serves without a model."""
        dataset = self.records.get(self.dataset("INTERACTIONS"))
        assert dataset is not None
        for one in imports_of(self.here.control, dataset):
            rows = sum(1 for key in parquet.keys(self.on.lake, one["prefix"]) for _ in self._rows(key))
            assert self.deleted or rows == one["rows"], (
                f"{one['prefix']} is visible with {rows} of {one['rows']} rows"
            )
        for record in self.here.control.records.each("Campaign"):
            serving = deployment_of(record.body)
            assert record.status != "ACTIVE" or serving is not None
            if serving is not None:
                key = f"{serving['bundle'].removeprefix(self.on.lake.uri(''))}bundle.json"
                json.loads(self.on.lake.read(key))

    def _rows(self, key: str) -> Iterator[Any]:
        return iter(parquet.rows(self.on.lake, key, ["ITEM_ID"]))

    def arrive(self) -> None:
        """Everything in the stream arrives, whatever it takes."""
        for _ in range(MAX_ATTEMPTS):
            self.pipeline.consume()
            if not self.pipeline.dead_letters:
                break
            with self.without_faults():
                self.pipeline.replay()
        assert not self.pipeline.dead_letters
        self.pipeline.deliver()

    @contextmanager
    def without_faults(self) -> Iterator[None]:
        rate, self.faults.rate = self.faults.rate, 0.0
        try:
            yield
        finally:
            self.faults.rate = rate

    def check(self) -> dict[str, int]:
        """Compare profile, lake, export and training with what was acknowledged. Returns what was counted."""
        sent = self.traffic.sent
        found = {
            "acknowledged": sent.count,
            "profile": checks.profiles(sent, self.profiles, *self._storages),
            "lake": checks.lake(sent, self.on.lake, *self._storages),
            "export": self._check_export(),
            "training": self._check_training(),
        }
        assert self.in_transition() == []
        for user in self.deleted:
            assert not self.profiles.newest(self._storages[0].event_group, user), f"{user} was deleted"
        return found

    @property
    def _storages(self) -> tuple[DatasetStorage, DatasetStorage]:
        interactions, actions = (
            shop.storage(self.here, self.group, one) for one in ("INTERACTIONS", "ACTION_INTERACTIONS")
        )
        return interactions, actions

    def _check_export(self) -> int:
        with self.without_faults():
            rows = self.export("final")
        return checks.export(self.traffic.sent, self.imported, rows)

    def _check_training(self) -> int:
        """Read the data of a new version as the training job does."""
        with self.without_faults():
            version = self.train(self.solution("last"))
        home = shop.folder(self.here, self.group).training("last", version.rpartition("/")[2])
        return checks.training(self.traffic.sent, self.imported, self.on.lake, home, self.folder / "training")
