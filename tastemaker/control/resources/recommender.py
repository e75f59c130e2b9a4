"""Recommenders: a use case of a domain that trains, serves and retrains by itself, without visible
versions."""

from collections.abc import Mapping
from typing import Any

from tastemaker import recipes
from tastemaker.contracts.deployment import DEPLOYMENT, Deployment
from tastemaker.contracts.lake_layout import GroupFolder
from tastemaker.control.core import solution_config, statuses
from tastemaker.control.core.arns import work_name
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Kind, Operation, Reference, Request
from tastemaker.control.core.ports import WorkError
from tastemaker.control.core.records import Record
from tastemaker.control.core.updates import applied, begun, check_settled, moved, taken
from tastemaker.control.resources.campaign import check_exploration
from tastemaker.control.resources.dataset import datasets_of, schemas_of
from tastemaker.control.resources.dataset_group import group_name
from tastemaker.control.resources.solution import DAY, schedule_name
from tastemaker.control.workflows import refreshes, training
from tastemaker.errors import InvalidInput, ResourceInUse

UPDATE = "latestRecommenderUpdate"
RETRAINING_DAYS = 7


class Recommender(Kind):
    """Internal members: `_serving` as of campaigns; `_training`, the execution that trains now;
    `_trainingAt` and `_trainedAt`, when it and the last good one began."""

    name = "Recommender"
    segment = "recommender"
    refers = (Reference("datasetGroupArn", "DatasetGroup"),)
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    first_status = statuses.PENDING
    workflow = "train"
    purged = True
    quota = "recommendersPerDatasetGroup"

    def operations(self, desk: Desk) -> dict[str, Operation]:
        return {
            **super().operations(desk),
            "StartRecommender": lambda request: self.start(desk, request),
            "StopRecommender": lambda request: self.stop(desk, request),
        }

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        recipe, domain = desk.recipe(request["recipeArn"]), found["datasetGroupArn"].body.get("domain")
        if recipe.domain is None:
            raise InvalidInput(
                f"{recipe.name} is no use case of a domain; use CreateSolution and CreateCampaign."
            )
        if recipe.domain != domain:
            raise InvalidInput(
                f"{recipe.name} is for the domain {recipe.domain}; the group's is {domain or 'none'}."
            )
        solution_config.check_trainable(recipe)
        have = datasets_of(desk, request["datasetGroupArn"])
        for kind in recipe.needs_datasets:
            if kind not in have:
                raise InvalidInput(f"{recipe.name} needs a dataset of the type {kind}; create it first.")
        config = {"minRecommendationRequestsPerSecond": 1, **request.get("recommenderConfig", {})}
        _check_config(desk, recipe, config, request["datasetGroupArn"])
        return {**super().members(desk, request, found), "recommenderConfig": config}

    def schedule_work(self, desk: Desk, record: Record) -> None:
        _schedule(desk, record)

    def check_deletable(self, desk: Desk, record: Record) -> None:
        check_settled(record, UPDATE)

    def before_delete(self, desk: Desk, record: Record) -> None:
        _unschedule(desk, record)

    def belongings(self, desk: Desk, record: Record) -> dict[str, Any]:
        folder = GroupFolder(group_name(record.body["datasetGroupArn"]))
        name = _folder(record)
        return {"prefixes": [folder.solution_training(name), folder.solution_models(name)]}

    def update(self, desk: Desk, request: Request) -> Body:
        """UpdateRecommender: other columns to train on mean a full retraining, all else is in force at
        once."""
        record = desk.find_active(self.name, request["recommenderArn"])
        check_settled(record, UPDATE)
        recipe = desk.recipe(record.body["recipeArn"])
        old = record.body["recommenderConfig"]
        config = {**old, **request["recommenderConfig"]}
        _check_config(desk, recipe, config, record.body["datasetGroupArn"])
        if config.get("trainingDataConfig") == old.get("trainingDataConfig"):
            update = applied(desk, recommenderConfig=config)
            return desk.change(record, recommenderConfig=config, **{UPDATE: update}).body
        update = begun(desk, recommenderConfig=config)
        record = desk.change(record, **{UPDATE: update})
        try:
            desk.work.start(
                "train", work_name(record.arn, update["creationDateTime"]), self.work_request(record)
            )
        except WorkError as error:
            record = desk.change(record, **{UPDATE: moved(desk, update, statuses.FAILED, str(error))})
        return record.body

    def start(self, desk: Desk, request: Request) -> Body:
        """StartRecommender: nothing is trained, so it serves again at once."""
        record = self._in_status(desk, request, statuses.INACTIVE)
        _schedule(desk, record)
        return desk.change(record, status=statuses.ACTIVE).body

    def stop(self, desk: Desk, request: Request) -> Body:
        """StopRecommender: no requests are answered and nothing is retrained until it is started."""
        record = self._in_status(desk, request, statuses.ACTIVE)
        check_settled(record, UPDATE)
        _unschedule(desk, record)
        return desk.change(record, status=statuses.INACTIVE).body

    def _in_status(self, desk: Desk, request: Request, status: str) -> Record:
        record = desk.find(self.name, request["recommenderArn"])
        if record.status != status:
            raise ResourceInUse(f"{record.arn} has the status {record.status}; this needs {status}.")
        return record

    # --- life ---

    def begin(self, desk: Desk, record: Record, request: Request, execution: str) -> dict[str, Any]:
        by_schedule = request.get("trainingType") == "AUTOMATIC"
        updating = None
        if record.status == statuses.ACTIVE:
            updating = taken(desk, record, UPDATE, execution, failed=not by_schedule)
            mine = record.body.get("_training") == execution
            if updating is None and by_schedule and not mine and not self._something_new(desk, record):
                return {"skip": True, "arn": record.arn}
            record = updating or record
        else:
            again = record.status == statuses.FAILED and by_schedule
            moving = None if again else self.start_moving(desk, record, execution)
            if moving is None:
                return {"skip": True, "arn": record.arn}
            record = moving
        body = record.body
        if updating is not None:
            body = {**body, "recommenderConfig": body[UPDATE]["recommenderConfig"]}
        if record.body.get("_training") != execution:
            record = desk.change(record, _training=execution, _trainingAt=desk.now())
        moment = record.body["_trainingAt"]
        return training.write(
            desk,
            Record(record.arn, self.name, body, record.parent, record.created_at),
            desk.recipe(record.body["recipeArn"]),
            group=record.body["datasetGroupArn"],
            name=_folder(record),
            version=work_name(record.arn, moment)[-16:],
            moment=moment,
            execution=execution,
        )

    def _something_new(self, desk: Desk, record: Record) -> bool:
        newest = training.newest_interaction(desk, record.body["datasetGroupArn"])
        return newest > record.body.get("_trainedAt", 0.0)

    def succeed(self, desk: Desk, record: Record, plan: Request, result: Request) -> None:
        if record.status not in (statuses.IN_PROGRESS, statuses.ACTIVE) or "_training" not in record.body:
            return
        bundle, manifest = training.bundle_of(desk, plan)
        changes: dict[str, Any] = {
            "status": statuses.ACTIVE,
            "modelMetrics": manifest.get("metrics", {}),
            "_training": None,
            "_trainedAt": record.body["_trainingAt"],
            "_bundle": bundle,
            DEPLOYMENT: Deployment(
                solutionVersionArn=record.arn,
                recipeArn=record.body["recipeArn"],
                datasetGroupArn=record.body["datasetGroupArn"],
                bundle=bundle,
            ),
        }
        update = record.body.get(UPDATE)
        if update is not None and update["status"] in statuses.MOVING:
            changes["recommenderConfig"] = update["recommenderConfig"]
            changes[UPDATE] = moved(desk, update, statuses.ACTIVE)
        desk.change(record, **changes)

    def fail(self, desk: Desk, record: Record, reason: str) -> None:
        update = record.body.get(UPDATE)
        if update is not None and update["status"] in statuses.MOVING:
            failed = moved(desk, update, statuses.FAILED, reason)
            desk.change(record, _training=None, **{UPDATE: failed})
        else:
            super().fail(desk, record, reason)


def _folder(record: Record) -> str:
    return f"recommender-{record.body['name']}"


def _schedule(desk: Desk, record: Record) -> None:
    """Training every week, and the refreshes between."""
    desk.work.schedule(
        schedule_name(record),
        workflow="train",
        every=RETRAINING_DAYS * DAY,
        first_at=desk.now() + RETRAINING_DAYS * DAY,
        request={"recommenderArn": record.arn, "trainingType": "AUTOMATIC"},
    )
    refreshes.schedule(desk, record, desk.recipe(record.body["recipeArn"]), {})


def _unschedule(desk: Desk, record: Record) -> None:
    desk.work.unschedule(schedule_name(record))
    refreshes.unschedule(desk, record)


def _check_config(desk: Desk, recipe: recipes.Recipe, config: Mapping[str, Any], group: str) -> None:
    check_exploration(recipe, config.get("itemExplorationConfig"))
    if "trainingDataConfig" in config:
        solution_config.check_columns(recipe, config["trainingDataConfig"], schemas_of(desk, group))
