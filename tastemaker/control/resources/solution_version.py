"""Solution versions: trained models."""

import hashlib
from collections.abc import Mapping
from typing import Any

from tastemaker import recipes
from tastemaker.control.core import solution_config, statuses
from tastemaker.control.core.arns import name_of, work_name
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import WHILE_MOVING, Body, Kind, Operation, Reference, Request
from tastemaker.control.core.records import Record
from tastemaker.control.resources import campaign
from tastemaker.control.workflows import training
from tastemaker.errors import InvalidInput, ResourceInUse

COPIED = (
    "performHPO",
    "performAutoML",
    "performIncrementalUpdate",
    "recipeArn",
    "eventType",
    "datasetGroupArn",
    "solutionConfig",
)


class SolutionVersion(Kind):
    """Internal members: `_bundle`, the model's folder (`s3://…/`); `_metrics`; `_counts`;
    `_job`."""

    name = "SolutionVersion"
    segment = "solution"
    refers = (Reference("solutionArn", "Solution", holds=WHILE_MOVING),)
    verbs = ("Create", "Describe", "List")
    first_status = statuses.PENDING
    workflow = "train"
    quota = "concurrentSolutionVersions"
    quota_counts_moving = True

    def owns(self, arn: str) -> bool:
        return "/" in name_of(arn)

    def operations(self, desk: Desk) -> dict[str, Operation]:
        return {
            **super().operations(desk),
            "StopSolutionVersionCreation": lambda request: self.stop(desk, request),
            "GetSolutionMetrics": lambda request: self.metrics(desk, request),
        }

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        solution = found["solutionArn"]
        recipe = desk.recipe(solution.body["recipeArn"])
        solution_config.check_trainable(recipe)
        self._check_mode(desk, request, solution, recipe)
        copied = {name: solution.body[name] for name in COPIED if name in solution.body}
        return {
            "trainingMode": "FULL",
            "trainingType": "MANUAL",
            **super().members(desk, request, found),
            **copied,
            "_id": desk.ids.short(),
        }

    def suffix(self, desk: Desk, body: Body) -> str:
        return f"solution/{name_of(body['solutionArn'])}/{body['_id']}"

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        return {f"solution-version-name/{body['solutionArn']}/{body['name']}": arn} if "name" in body else {}

    def shown(self, desk: Desk, record: Record) -> Body:
        return {"name": name_of(record.arn), **record.body}

    def check_list_parent(self, desk: Desk, arn: str) -> None:
        desk.find("Solution", arn)  # the one list whose model has a not-found

    def _check_mode(self, desk: Desk, request: Request, solution: Record, recipe: recipes.Recipe) -> None:
        mode = request.get("trainingMode", "FULL")
        if mode == "AUTOTRAIN":
            raise InvalidInput("AUTOTRAIN is not a trainingMode of a request; use FULL, or UPDATE.")
        if mode == "UPDATE":
            if not recipe.update_mode:
                raise InvalidInput(f"The trainingMode UPDATE is not supported by {recipe.name}; use FULL.")
            if not any(
                one.status == statuses.ACTIVE and one.body["trainingMode"] == "FULL"
                for one in desk.each_now(self.name, solution.arn)
            ):
                raise InvalidInput(
                    "The trainingMode UPDATE needs an ACTIVE version that was trained with FULL."
                )

    # --- operations of its own ---

    def stop(self, desk: Desk, request: Request) -> None:
        """StopSolutionVersionCreation: a pending version is stopped at once, a training job is told to
        stop."""
        record = desk.find(self.name, request["solutionVersionArn"])
        if record.status not in (statuses.PENDING, statuses.IN_PROGRESS):
            raise ResourceInUse(
                f"{record.arn} has the status {record.status}; only its creation can be stopped."
            )
        at_once = record.status == statuses.PENDING
        record = desk.change(record, status=statuses.STOPPED if at_once else statuses.STOPPING)
        execution = record.body.get("_execution") or work_name(record.arn, record.created_at)
        reports = desk.work.stop("train", execution, record.body.get("_job"))
        if not reports and not at_once:
            desk.change(record, status=statuses.STOPPED)

    def metrics(self, desk: Desk, request: Request) -> Body:
        """GetSolutionMetrics of a version that has been trained."""
        record = desk.find(self.name, request["solutionVersionArn"])
        if record.status in statuses.MOVING:
            raise ResourceInUse(
                f"{record.arn} has the status {record.status}; its metrics come when it is ACTIVE."
            )
        if "_metrics" not in record.body:
            raise InvalidInput(f"{record.arn} has the status {record.status} and no metrics.")
        return {"solutionVersionArn": record.arn, "metrics": record.body["_metrics"]}

    # --- life ---

    def create_for(self, desk: Desk, request: Request, execution: str) -> Record | None:
        """The version that an execution started with a solution's ARN trains: made once, however often the
        step
        runs. None if a scheduled run has nothing new to learn.
        """
        solution = desk.find_active("Solution", request["solutionArn"])
        arn = self.arn_for(desk, solution.arn, execution)
        existing = desk.repository.get(arn)
        if existing is not None:
            return existing
        automatic = request.get("trainingType") == "AUTOMATIC"
        if automatic and not self._something_new(desk, solution):
            return None
        wanted = {"solutionArn": solution.arn, "trainingMode": request.get("trainingMode", "FULL")}
        body = self.members(desk, wanted, {"solutionArn": solution})
        now = desk.now()
        body |= {
            "solutionVersionArn": arn,
            "trainingType": "AUTOMATIC" if automatic else "MANUAL",
            "status": statuses.PENDING,
            "creationDateTime": now,
            "lastUpdatedDateTime": now,
            "_id": arn.rpartition("/")[2],
            "_tags": [],
        }
        return desk.add(Record(arn, self.name, body, solution.arn, now), {}, [solution])

    def arn_for(self, desk: Desk, solution: str, execution: str) -> str:
        """The ARN of the version that an execution makes, always the same."""
        version = hashlib.sha256(execution.encode()).hexdigest()[:8]
        return desk.place.arn(f"solution/{name_of(solution)}/{version}")

    def _something_new(self, desk: Desk, solution: Record) -> bool:
        """A scheduled run trains if interactions came in since the last training. The first run is left
        out if a
        person made a version before it."""
        versions = list(desk.each_now(self.name, solution.arn))
        if any(version.status in statuses.MOVING for version in versions):
            return False
        first_run = desk.now() < solution.body.get("_firstTrainingAt", 0.0) + 12 * 3600
        if first_run and any(version.body["trainingType"] == "MANUAL" for version in versions):
            return False
        trained = [version.created_at for version in versions if version.status == statuses.ACTIVE]
        newest = training.newest_interaction(desk, solution.body["datasetGroupArn"])
        return newest > max(trained, default=0.0)

    def begin(self, desk: Desk, record: Record, request: Request, execution: str) -> dict[str, Any]:
        moving = self.start_moving(desk, record, execution)
        if moving is None:
            return {"skip": True, "arn": record.arn}
        recipe = desk.recipe(moving.body["recipeArn"])
        plan = training.write(
            desk,
            moving,
            recipe,
            group=moving.body["datasetGroupArn"],
            name=name_of(moving.body["solutionArn"]),
            version=moving.body["_id"],
            moment=moving.created_at,
            execution=execution,
        )
        if moving.body.get("_job") != plan["jobName"]:
            desk.change(moving, _job=plan["jobName"])
        return plan

    def succeed(self, desk: Desk, record: Record, plan: Request, result: Request) -> None:
        if record.status == statuses.STOPPING:
            desk.change(record, status=statuses.STOPPED)
        elif record.status == statuses.IN_PROGRESS:
            bundle, manifest = training.bundle_of(desk, plan)
            tuned = manifest.get("tunedHyperParameters") if record.body.get("performHPO") else None
            record = desk.change(
                record,
                status=statuses.ACTIVE,
                trainingHours=training.hours_of(result),
                tunedHPOParams={"algorithmHyperParameters": tuned} if tuned else None,
                _bundle=bundle,
                _metrics=manifest.get("metrics", {}),
                _counts=manifest.get("counts"),
            )
        if record.status == statuses.ACTIVE:
            campaign.follow(desk, record)

    def fail(self, desk: Desk, record: Record, reason: str) -> None:
        if record.status == statuses.STOPPING:
            desk.change(record, status=statuses.STOPPED)
        else:
            super().fail(desk, record, reason)
