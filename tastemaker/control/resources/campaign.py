"""Campaigns: a solution version in service. An update serves only when its model is warm; until then the
old one."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.deployment import Deployment, deployment_of
from tastemaker.control.core import statuses
from tastemaker.control.core.arns import work_name
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import NEVER, Body, Kind, Reference, Request
from tastemaker.control.core.ports import WorkError
from tastemaker.control.core.records import Record
from tastemaker.control.core.updates import applied, begun, check_settled, moved, taken
from tastemaker.control.workflows import refreshes
from tastemaker.errors import InvalidInput, ResourceInUse, ResourceNotFound
from tastemaker.recipes import Recipe

LATEST = "/$LATEST"
UPDATE = "latestCampaignUpdate"


class Campaign(Kind):
    """Internal members: `_serving`, what requests are answered from: {"solutionVersionArn", "recipeArn",
    "bundle",
    "datasetGroupArn"}; it changes in the same write as the status.
    """

    name = "Campaign"
    segment = "campaign"
    refers = (Reference("solutionVersionArn", "SolutionVersion", holds=NEVER),)
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    first_status = statuses.PENDING
    workflow = "deploy"
    quota = "campaignsPerDatasetGroup"

    @property
    def list_by(self) -> str | None:
        return "solutionArn"

    def check_list_parent(self, desk: Desk, arn: str) -> None:
        desk.check_kind("Solution", arn)

    def parent(self, body: Body, found: Mapping[str, Record]) -> str | None:
        return found["solutionVersionArn"].parent

    def references(self, desk: Desk, request: Request) -> dict[str, Record]:
        return {"solutionVersionArn": _version(desk, request["solutionVersionArn"])}

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        version = found["solutionVersionArn"]
        config = request.get("campaignConfig", {})
        _check_config(desk.recipe(version.body["recipeArn"]), config, request["solutionVersionArn"])
        body = {"minProvisionedTPS": 1, **super().members(desk, request, found)}
        return {
            **body,
            "solutionVersionArn": version.arn,
            "_datasetGroupArn": version.body["datasetGroupArn"],
        }

    def peers(self, desk: Desk, body: Body, parent: str | None) -> Any:
        group = body["_datasetGroupArn"]
        return (one for one in desk.each(self.name) if one.body["_datasetGroupArn"] == group)

    def schedule_work(self, desk: Desk, record: Record) -> None:
        """Refresh what will be served."""
        solution = desk.repository.get(record.parent or "")
        if solution is None:
            return
        config = solution.body.get("solutionConfig") or {}
        recipe = desk.recipe(solution.body["recipeArn"])
        refreshes.schedule(desk, record, recipe, config.get("featureTransformationParameters", {}))

    def check_deletable(self, desk: Desk, record: Record) -> None:
        check_settled(record, UPDATE)

    def before_delete(self, desk: Desk, record: Record) -> None:
        refreshes.unschedule(desk, record)

    def update(self, desk: Desk, request: Request) -> Body:
        """UpdateCampaign: members that are not given stay as they are."""
        record = desk.find(self.name, request["campaignArn"])
        if record.status not in (statuses.ACTIVE, statuses.FAILED):
            raise ResourceInUse(f"{record.arn} has the status {record.status}; wait until it is ACTIVE.")
        check_settled(record, UPDATE)
        wanted = {name: value for name, value in request.items() if name != "campaignArn"}
        if not wanted:
            raise InvalidInput(
                "Nothing to update: give solutionVersionArn, minProvisionedTPS or campaignConfig."
            )
        config = wanted.get("campaignConfig", record.body.get("campaignConfig", {}))
        given = wanted.get("solutionVersionArn")
        if given is None:
            synced = config.get("syncWithLatestSolutionVersion")
            given = f"{record.parent}{LATEST}" if synced else record.body["solutionVersionArn"]
        version = _version(desk, given)
        if version.parent != record.parent:
            raise InvalidInput(f"{version.arn} is not a version of this campaign's solution {record.parent}.")
        _check_config(desk.recipe(version.body["recipeArn"]), config, given)
        update = begun(
            desk,
            solutionVersionArn=version.arn,
            minProvisionedTPS=wanted.get("minProvisionedTPS", record.body["minProvisionedTPS"]),
            campaignConfig=config,
        )
        record = desk.change(record, **{UPDATE: update})
        moment = update["creationDateTime"]
        try:
            desk.work.start("deploy", work_name(record.arn, moment), self.work_request(record))
        except WorkError as error:
            record = desk.change(record, **{UPDATE: moved(desk, update, statuses.FAILED, str(error))})
        return record.body

    # --- life ---

    def begin(self, desk: Desk, record: Record, request: Request, execution: str) -> dict[str, Any]:
        updating = taken(desk, record, UPDATE, execution)
        if updating is not None:
            return self._plan(updating, updating.body[UPDATE]["solutionVersionArn"])
        moving = self.start_moving(desk, record, execution)
        if moving is None:  # nothing is pending: a person warms an ACTIVE campaign
            desk.find_active(self.name, record.arn)
            return self._plan(record, record.body["solutionVersionArn"])
        return self._plan(moving, moving.body["solutionVersionArn"])

    def _plan(self, record: Record, version: str) -> dict[str, Any]:
        return {"arn": record.arn, "warm": {"campaignArn": record.arn, "solutionVersionArn": version}}

    def succeed(self, desk: Desk, record: Record, plan: Request, result: Request) -> None:
        update = record.body.get(UPDATE)
        if update is not None and update["status"] in statuses.MOVING:
            config = update["campaignConfig"]
            version = _serve_version(desk, record, update["solutionVersionArn"], config)
            desk.change(
                record,
                status=statuses.ACTIVE,
                failureReason=None,
                solutionVersionArn=version.arn,
                minProvisionedTPS=update["minProvisionedTPS"],
                campaignConfig=config,
                _serving=serving(version),
                **{UPDATE: moved(desk, update, statuses.ACTIVE)},
            )
        elif record.status == statuses.IN_PROGRESS:
            config = record.body.get("campaignConfig", {})
            version = _serve_version(desk, record, record.body["solutionVersionArn"], config)
            desk.change(
                record, status=statuses.ACTIVE, solutionVersionArn=version.arn, _serving=serving(version)
            )

    def fail(self, desk: Desk, record: Record, reason: str) -> None:
        update = record.body.get(UPDATE)
        if update is not None and update["status"] in statuses.MOVING:
            desk.change(record, **{UPDATE: moved(desk, update, statuses.FAILED, reason)})
        else:
            super().fail(desk, record, reason)


def serving(version: Record) -> Deployment:
    """Return the deployment of a solution version."""
    return Deployment(
        solutionVersionArn=version.arn,
        recipeArn=version.body["recipeArn"],
        datasetGroupArn=version.body["datasetGroupArn"],
        bundle=version.body["_bundle"],
    )


def follow(desk: Desk, version: Record) -> None:
    """Move the campaigns that are synced with the latest version of a solution to a newly trained one."""
    for record in desk.each_now("Campaign", version.parent):
        config = record.body.get("campaignConfig", {})
        deployment = deployment_of(record.body)
        current = desk.repository.get(deployment["solutionVersionArn"]) if deployment else None
        newer = current is None or current.created_at < version.created_at
        if not config.get("syncWithLatestSolutionVersion") or record.status != statuses.ACTIVE or not newer:
            continue
        update = applied(
            desk,
            solutionVersionArn=version.arn,
            minProvisionedTPS=record.body["minProvisionedTPS"],
            campaignConfig=config,
        )
        pending = record.body.get(UPDATE)
        if pending is not None and pending["status"] in statuses.MOVING:
            update = pending  # it looks for the latest version itself when it ends
        desk.change(record, solutionVersionArn=version.arn, _serving=serving(version), **{UPDATE: update})


def _version(desk: Desk, arn: str) -> Record:
    """The version of an ARN or of `<solutionArn>/$LATEST`, ACTIVE. Raises as `find_active`."""
    if not arn.endswith(LATEST):
        return desk.find_active("SolutionVersion", arn)
    solution = desk.find_active("Solution", arn.removesuffix(LATEST))
    version = _latest(desk, solution.arn)
    if version is None:
        raise ResourceInUse(f"{solution.arn} has no ACTIVE solution version yet; wait for one.")
    return version


def _latest(desk: Desk, solution: str) -> Record | None:
    versions = desk.each_now("SolutionVersion", solution)
    return next((version for version in versions if version.status == statuses.ACTIVE), None)


def _serve_version(desk: Desk, record: Record, arn: str, config: Mapping[str, Any]) -> Record:
    if config.get("syncWithLatestSolutionVersion") and record.parent is not None:
        latest = _latest(desk, record.parent)
        if latest is not None:
            return latest
    version = desk.repository.get(arn)
    if version is None:
        raise ResourceNotFound(f"There is no solution version {arn} any more.")
    return version


def _check_config(recipe: Recipe, config: Mapping[str, Any], version: str) -> None:
    if recipe.call is None:
        raise InvalidInput(f"{recipe.name} has no campaigns; use CreateBatchSegmentJob.")
    if bool(config.get("syncWithLatestSolutionVersion")) != version.endswith(LATEST):
        raise InvalidInput(
            "syncWithLatestSolutionVersion=true and a solutionVersionArn of the form <solutionArn>/$LATEST "
            "need "
            "each other; give both or neither."
        )
    check_exploration(recipe, config.get("itemExplorationConfig"))
    if "rankingInfluence" in config and not recipe.ranking_influence:
        raise InvalidInput(f"rankingInfluence is not supported by {recipe.name}.")


def check_exploration(recipe: Recipe, config: Mapping[str, str] | None) -> None:
    """`itemExplorationConfig` of a campaign, recommender or batch job. Raises InvalidInput."""
    if config is None:
        return
    if not recipe.exploration:
        raise InvalidInput(
            f"itemExplorationConfig is not supported by {recipe.name}, which does not explore."
        )
    for name, text in config.items():
        if name not in ("explorationWeight", "explorationItemAgeCutOff"):
            raise InvalidInput(
                f"itemExplorationConfig has no {name}; it has explorationWeight and explorationItemAgeCutOff."
            )
        try:
            value = float(text)
        except ValueError:
            raise InvalidInput(f"{name} is {text!r}; it must be a number in a string.") from None
        if name == "explorationWeight" and not 0 <= value <= 1:
            raise InvalidInput(f"explorationWeight is {text}; it must be from 0 to 1.")
        if name == "explorationItemAgeCutOff" and not value >= 1:
            raise InvalidInput(f"explorationItemAgeCutOff is {text}; it must be at least 1 day.")
