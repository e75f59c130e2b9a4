"""Solution versions: trained models."""

import hashlib
from collections.abc import Mapping
from typing import Any

from tastemaker import recipes
from tastemaker.contracts import statuses
from tastemaker.contracts.arns import execution_name, name_of
from tastemaker.contracts.deployment import BUNDLE
from tastemaker.contracts.plans import SkippedPlan, TrainPlan
from tastemaker.control.core import solution_config
from tastemaker.control.core.declaration import IN_TRANSITION, Body, Operation, Reference, Request
from tastemaker.control.core.lifecycle import execution_of
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType
from tastemaker.control.resources.campaign import Campaign
from tastemaker.control.resources.solution import first_training_at
from tastemaker.control.workflows import training
from tastemaker.control.workflows.training_delays import CHECKED_AT
from tastemaker.errors import InvalidInput, ResourceInUse
from tastemaker.failures import WorkFailedError

COPIED = (
    "performHPO",
    "performAutoML",
    "performIncrementalUpdate",
    "recipeArn",
    "eventType",
    "datasetGroupArn",
    "solutionConfig",
)
"""The members of a solution that a new version copies."""
FIRST_RUN_SECONDS = 12 * 3600
"""How long after the first scheduled moment a scheduled run still counts as the first one."""


class SolutionVersion(ResourceType):
    """A solution version.

    Private members: `_id`, the end of its ARN; `_bundle`, the folder of its model; `_metrics` and `_counts`
    of the training; `_warnings`, sentences about metrics that are too low and records that were left out,
    which Describe shows as its own member `warnings`; `_job`, the name of the training job.
    """

    name = "SolutionVersion"
    segment = "solution"
    arn_end = "<name>/<id>"
    references = (Reference("solutionArn", "Solution", blocks_deletion=IN_TRANSITION),)
    verbs = ("Create", "Describe", "List")
    first_status = statuses.PENDING
    workflow = "train"
    quota = "concurrentSolutionVersions"
    quota_counts_in_transition = True

    def owns(self, arn: str) -> bool:
        return "/" in name_of(arn)

    def operations(self) -> dict[str, Operation]:
        return {
            **super().operations(),
            "StopSolutionVersionCreation": self.stop,
            "GetSolutionMetrics": self.metrics,
        }

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        solution = referenced["solutionArn"]
        recipe = self.context.ports.recipe(solution.body["recipeArn"])
        solution_config.check_trainable(recipe)
        self._check_mode(request, solution, recipe)
        copied = {name: solution.body[name] for name in COPIED if name in solution.body}
        return {
            "trainingMode": "FULL",
            "trainingType": "MANUAL",
            **super().build_body(request, referenced),
            **copied,
            "_id": self.context.ports.ids.short(),
        }

    def suffix(self, body: Body) -> str:
        return f"solution/{name_of(body['solutionArn'])}/{body['_id']}"

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        return {f"solution-version-name/{body['solutionArn']}/{body['name']}": arn} if "name" in body else {}

    def describe_body(self, record: Record) -> Body:
        body = {"name": name_of(record.arn), **record.body}
        return {**body, "warnings": body["_warnings"]} if "_warnings" in body else body

    def check_list_parent(self, arn: str) -> None:
        """Raises ResourceNotFound: ListSolutionVersions is the one list whose model has this error."""
        self.context.records.find("Solution", arn)

    def _check_mode(self, request: Request, solution: Record, recipe: recipes.Recipe) -> None:
        mode = request.get("trainingMode", "FULL")
        if mode == "AUTOTRAIN":
            raise InvalidInput("AUTOTRAIN is not a trainingMode of a request; use FULL, or UPDATE.")
        if mode == "UPDATE":
            if not recipe.update_mode:
                raise InvalidInput(f"The trainingMode UPDATE is not supported by {recipe.name}; use FULL.")
            if not any(
                one.status == statuses.ACTIVE and one.body["trainingMode"] == "FULL"
                for one in self.context.records.each_current(self.name, solution.arn)
            ):
                raise InvalidInput(
                    "The trainingMode UPDATE needs an ACTIVE version that was trained with FULL."
                )

    # --- other operations ---

    def stop(self, request: Request) -> None:
        """StopSolutionVersionCreation: stop a pending version at once, or a training job that runs."""
        record = self.context.records.find(self.name, request["solutionVersionArn"])
        if record.status not in (statuses.PENDING, statuses.IN_PROGRESS):
            raise ResourceInUse(
                f"{record.arn} has the status {record.status}; only its creation can be stopped."
            )
        at_once = record.status == statuses.PENDING
        record = self.context.writer.change(record, status=statuses.STOPPED if at_once else statuses.STOPPING)
        execution = execution_of(record) or execution_name(record.arn, record.created_at)
        reports = self.context.ports.workflows.stop("train", execution, record.body.get("_job"))
        if not reports and not at_once:
            self.context.writer.change(record, status=statuses.STOPPED)

    def metrics(self, request: Request) -> Body:
        """GetSolutionMetrics of a trained version."""
        record = self.context.records.find(self.name, request["solutionVersionArn"])
        if record.in_transition:
            raise ResourceInUse(
                f"{record.arn} has the status {record.status}; its metrics come when it is ACTIVE."
            )
        if "_metrics" not in record.body:
            raise InvalidInput(f"{record.arn} has the status {record.status} and no metrics.")
        return {"solutionVersionArn": record.arn, "metrics": record.body["_metrics"]}

    # --- lifecycle ---

    def create_for_execution(self, request: Request, execution: str) -> Record | None:
        """The version that an execution trains whose input names a solution.

        It is made once, however often the step runs. None if a scheduled run has no new interactions.
        """
        solution = self.context.records.find_active("Solution", request["solutionArn"])
        arn = self._arn(solution.arn, execution)
        existing = self.context.records.get(arn)
        if existing is not None:
            return existing
        automatic = request.get("trainingType") == "AUTOMATIC"
        if automatic and not self._has_new_interactions(solution):
            self.context.writer.change_private(solution, **{CHECKED_AT: self.context.now()})
            return None
        version_request = {"solutionArn": solution.arn, "trainingMode": request.get("trainingMode", "FULL")}
        body = self.build_body(version_request, {"solutionArn": solution})
        now = self.context.now()
        body |= {
            "solutionVersionArn": arn,
            "trainingType": "AUTOMATIC" if automatic else "MANUAL",
            "status": statuses.PENDING,
            "creationDateTime": now,
            "lastUpdatedDateTime": now,
            "_id": arn.rpartition("/")[2],
            "_tags": [],
        }
        return self.context.writer.add(Record(arn, self.name, body, solution.arn, now), {}, [solution])

    def arn_for_execution(self, request: Request, execution: str) -> str | None:
        return self._arn(request["solutionArn"], execution) if "solutionArn" in request else None

    def _arn(self, solution: str, execution: str) -> str:
        """The ARN of the version that an execution makes, always the same."""
        version = hashlib.sha256(execution.encode()).hexdigest()[:8]
        return self.context.ports.scope.arn(f"solution/{name_of(solution)}/{version}")

    def _has_new_interactions(self, solution: Record) -> bool:
        """Whether interactions have come in since the last training.

        The first scheduled run trains nothing if a person has made a version before it.
        """
        versions = list(self.context.records.each_current(self.name, solution.arn))
        if any(version.in_transition for version in versions):
            return False
        first_run = self.context.now() < first_training_at(solution) + FIRST_RUN_SECONDS
        if first_run and any(version.body["trainingType"] == "MANUAL" for version in versions):
            return False
        trained = [version.created_at for version in versions if version.status == statuses.ACTIVE]
        newest = training.newest_interaction(self.context, solution.body["datasetGroupArn"])
        return newest > max(trained, default=0.0)

    def begin(self, record: Record, request: Request, execution: str) -> TrainPlan | SkippedPlan:
        claimed = self.claim(record, execution)
        if claimed is None:
            return {"skip": True, "arn": record.arn}
        job = training.TrainingJob(
            self.context,
            claimed,
            self.context.ports.recipe(claimed.body["recipeArn"]),
            group=claimed.body["datasetGroupArn"],
            name=name_of(claimed.body["solutionArn"]),
            version=claimed.body["_id"],
            moment=claimed.created_at,
        )
        plan = job.plan(execution)
        if claimed.body.get("_job") != plan["jobName"]:
            self.context.writer.change(claimed, _job=plan["jobName"])
        return plan

    def succeed(self, record: Record, plan: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        if record.status == statuses.STOPPING:
            self.context.writer.change(record, status=statuses.STOPPED)
        elif record.status == statuses.IN_PROGRESS:
            bundle, manifest = training.read_manifest(self.context, plan)
            shortage = training.shortage_of_disk(self.context, bundle)
            if shortage is not None and not training.can_be_deployed(self.context, bundle):
                raise WorkFailedError(shortage)
            tuned = manifest.get("tunedHyperParameters") if record.body.get("performHPO") else None
            record = self.context.writer.change(
                record,
                status=statuses.ACTIVE,
                failureReason=shortage,  # a warning: the model serves once the setting is changed
                trainingHours=training.training_hours(result),
                tunedHPOParams={"algorithmHyperParameters": tuned} if tuned else None,
                _metrics=manifest.get("metrics", {}),
                _warnings=[*(manifest.get("warnings") or ()), *_upsert_warnings(manifest)] or None,
                _counts=manifest.get("counts"),
                **{BUNDLE: bundle},
            )
        if record.status == statuses.ACTIVE:
            Campaign(self.context).follow_latest(record)

    def fail(self, record: Record, reason: str) -> None:
        if record.status == statuses.STOPPING:
            self.context.writer.change(record, status=statuses.STOPPED)
        else:
            super().fail(record, reason)


def _upsert_warnings(manifest: Mapping[str, Any]) -> list[str]:
    """What training says of upserts that it left out, because a value does not fit the schema."""
    found: list[str] = manifest.get("data", {}).get("upsertWarnings", [])
    return found
