"""Recommenders: a domain use case that trains, serves and retrains by itself, without solution versions."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.arns import execution_name
from tastemaker.contracts.deployment import BUNDLE, DEPLOYMENT, Deployment
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.contracts.plans import OwnedData, SkippedPlan, TrainPlan
from tastemaker.control.core import exploration_config, solution_config
from tastemaker.control.core.datasets import datasets_of, folder_of_group, schemas_of
from tastemaker.control.core.declaration import Body, Operation, Reference, Request
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType
from tastemaker.control.core.updates import (
    applied,
    claim_update,
    ensure_settled,
    new_update,
    pending,
    start_update,
    with_status,
)
from tastemaker.control.resources.solution import schedule_name
from tastemaker.control.workflows import refreshes, training
from tastemaker.control.workflows.training_delays import CHECKED_AT, RETRAINING_DAYS
from tastemaker.errors import InvalidInput, ResourceInUse
from tastemaker.failures import WorkFailedError
from tastemaker.recipes import Recipe

UPDATE = "latestRecommenderUpdate"


class Recommender(ResourceType):
    """A recommender.

    Private members: `_serving`, its `Deployment`; `_bundle`, the folder of its model; `_training`, the
    execution that trains now; `_trainingAt` and `_trainedAt`, when it and the last successful one began.
    """

    name = "Recommender"
    segment = "recommender"
    references = (Reference("datasetGroupArn", "DatasetGroup"),)
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    first_status = statuses.PENDING
    workflow = "train"
    has_data = True
    quota = "recommendersPerDatasetGroup"

    def operations(self) -> dict[str, Operation]:
        return {
            **super().operations(),
            "StartRecommender": self.start,
            "StopRecommender": self.stop,
        }

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        recipe = self.context.ports.recipe(request["recipeArn"])
        domain = referenced["datasetGroupArn"].body.get("domain")
        if recipe.domain is None:
            raise InvalidInput(
                f"{recipe.name} is no use case of a domain; use CreateSolution and CreateCampaign."
            )
        if recipe.domain != domain:
            raise InvalidInput(
                f"{recipe.name} is for the domain {recipe.domain}; the group's is {domain or 'none'}."
            )
        solution_config.check_trainable(recipe)
        existing = datasets_of(self.context, request["datasetGroupArn"])
        for needed in recipe.needs_datasets:
            if needed not in existing:
                raise InvalidInput(f"{recipe.name} needs a dataset of the type {needed}; create it first.")
        config = {"minRecommendationRequestsPerSecond": 1, **request.get("recommenderConfig", {})}
        self._check_config(recipe, config, request["datasetGroupArn"])
        return {**super().build_body(request, referenced), "recommenderConfig": config}

    def schedule_work(self, record: Record) -> None:
        """Schedule a training every week, and the refreshes between."""
        period = RETRAINING_DAYS * DAY_SECONDS
        self.context.ports.workflows.schedule(
            schedule_name(record),
            workflow="train",
            every=period,
            first_at=self.context.now() + period,
            request={"recommenderArn": record.arn, "trainingType": "AUTOMATIC"},
        )
        refreshes.schedule(self.context, record, self._recipe(record), {})

    def check_deletable(self, record: Record) -> None:
        ensure_settled(record, UPDATE)

    def before_delete(self, record: Record) -> None:
        self._unschedule(record)

    def owned_data(self, record: Record) -> OwnedData:
        folder = folder_of_group(self.context, record.body["datasetGroupArn"])
        name = _folder_name(record)
        return {"prefixes": [folder.solution_training(name), folder.solution_models(name)]}

    # --- other operations ---

    def update(self, request: Request) -> Body:
        """UpdateRecommender: other training columns cause a full retraining; the rest is in force at once."""
        record = self.context.records.find_active(self.name, request["recommenderArn"])
        ensure_settled(record, UPDATE)
        old = record.body["recommenderConfig"]
        config = {**old, **request["recommenderConfig"]}
        self._check_config(self._recipe(record), config, record.body["datasetGroupArn"])
        if config.get("trainingDataConfig") == old.get("trainingDataConfig"):
            update = applied(self.context, recommenderConfig=config)
            return self.context.writer.change(record, recommenderConfig=config, **{UPDATE: update}).body
        update = new_update(self.context, recommenderConfig=config)
        record = start_update(self.context, record, UPDATE, update, "train", self.workflow_input(record))
        return record.body

    def start(self, request: Request) -> Body:
        """StartRecommender: it serves again at once, because nothing has to be trained."""
        record = self._in_status(request, statuses.INACTIVE)
        self.schedule_work(record)
        started = {"status": statuses.ACTIVE, CHECKED_AT: self.context.now()}
        return self.context.writer.change(record, **started).body

    def stop(self, request: Request) -> Body:
        """StopRecommender: it answers no requests and trains no more until it is started."""
        record = self._in_status(request, statuses.ACTIVE)
        ensure_settled(record, UPDATE)
        self._unschedule(record)
        return self.context.writer.change(record, status=statuses.INACTIVE).body

    def _in_status(self, request: Request, status: str) -> Record:
        record = self.context.records.find(self.name, request["recommenderArn"])
        if record.status != status:
            raise ResourceInUse(f"{record.arn} has the status {record.status}; this needs {status}.")
        return record

    # --- lifecycle ---

    def is_claimed_by(self, record: Record, execution: str) -> bool:
        return super().is_claimed_by(record, execution) or record.body.get("_training") == execution

    def begin(self, record: Record, request: Request, execution: str) -> TrainPlan | SkippedPlan:
        by_schedule = request.get("trainingType") == "AUTOMATIC"
        updating = None
        if record.status == statuses.ACTIVE:
            updating = claim_update(self.context, record, UPDATE, execution, failed=not by_schedule)
            repeated = record.body.get("_training") == execution
            if updating is None and by_schedule and not repeated and not self._has_new_interactions(record):
                self._note_check(record)
                return {"skip": True, "arn": record.arn}
            record = updating or record
        else:
            failed_before = record.status == statuses.FAILED and by_schedule
            claimed = None if failed_before else self.claim(record, execution)
            if claimed is None:
                return {"skip": True, "arn": record.arn}
            record = claimed
        if record.body.get("_training") != execution:
            now = self.context.now()
            record = self.context.writer.change(record, _training=execution, _trainingAt=now)
        trained = record
        if updating is not None:
            trained = record.with_(recommenderConfig=record.body[UPDATE]["recommenderConfig"])
        return self._training_job(trained).plan(execution)

    def _training_job(self, record: Record) -> training.TrainingJob:
        moment = record.body["_trainingAt"]
        return training.TrainingJob(
            self.context,
            record,
            self._recipe(record),
            group=record.body["datasetGroupArn"],
            name=_folder_name(record),
            version=execution_name(record.arn, moment)[-16:],
            moment=moment,
        )

    def _note_check(self, record: Record) -> None:
        self.context.writer.change_private(record, **{CHECKED_AT: self.context.now()})

    def _has_new_interactions(self, record: Record) -> bool:
        newest = training.newest_interaction(self.context, record.body["datasetGroupArn"])
        return newest > float(record.body.get("_trainedAt", 0.0))

    def succeed(self, record: Record, plan: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        if record.status not in (statuses.IN_PROGRESS, statuses.ACTIVE) or "_training" not in record.body:
            return
        bundle, manifest = training.read_manifest(self.context, plan)
        shortage = training.shortage_of_disk(self.context, bundle)
        if shortage is not None:  # what a recommender trains, it serves
            raise WorkFailedError(shortage)
        deployment: Deployment = {
            "solutionVersionArn": record.arn,
            "recipeArn": record.body["recipeArn"],
            "bundle": bundle,
            "datasetGroupArn": record.body["datasetGroupArn"],
        }
        changes: dict[str, Any] = {
            "status": statuses.ACTIVE,
            "modelMetrics": manifest.get("metrics", {}),
            "_training": None,
            "_trainedAt": record.body["_trainingAt"],
            BUNDLE: bundle,
            DEPLOYMENT: deployment,
        }
        update = pending(record, UPDATE)
        if update is not None:
            changes["recommenderConfig"] = update["recommenderConfig"]
            changes[UPDATE] = with_status(self.context, update, statuses.ACTIVE)
        self.context.writer.change(record, **changes)

    def fail(self, record: Record, reason: str) -> None:
        update = pending(record, UPDATE)
        if update is not None:
            failed = with_status(self.context, update, statuses.FAILED, reason)
            self.context.writer.change(record, _training=None, **{UPDATE: failed})
        else:
            super().fail(record, reason)

    # --- helpers ---

    def _recipe(self, record: Record) -> Recipe:
        return self.context.ports.recipe(record.body["recipeArn"])

    def _unschedule(self, record: Record) -> None:
        self.context.ports.workflows.unschedule(schedule_name(record))
        refreshes.unschedule(self.context, record)

    def _check_config(self, recipe: Recipe, config: Mapping[str, Any], group: str) -> None:
        exploration_config.check(recipe, config.get("itemExplorationConfig"))
        if "trainingDataConfig" in config:
            columns = config["trainingDataConfig"]
            solution_config.check_columns(recipe, columns, schemas_of(self.context, group))


def _folder_name(record: Record) -> str:
    """The name of a recommender's folders in the lake."""
    return f"recommender-{record.body['name']}"
