"""Campaigns: a solution version in service.

An update serves only when its model is warm; until then the old version serves. A campaign for another
campaign is an alias: it answers as that one does, and an update moves it (`campaign_alias.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.campaign_alias import ALIAS_OF, target_of
from tastemaker.contracts.deployment import DEPLOYMENT, deployment_of
from tastemaker.contracts.plans import DeployPlan
from tastemaker.control.core import exploration_config
from tastemaker.control.core.declaration import NEVER, Body, Reference, Request
from tastemaker.control.core.deployments import deployment_of_version
from tastemaker.control.core.ports import StartError
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
from tastemaker.control.resources.campaign_alias import CampaignAlias, is_alias, names_campaign
from tastemaker.control.workflows import refreshes
from tastemaker.errors import InvalidInput, ResourceInUse, ResourceNotFound
from tastemaker.recipes import Recipe

LATEST = "/$LATEST"
UPDATE = "latestCampaignUpdate"
AWAITS_VERSION = "_awaitsVersion"
"""The private member of a campaign whose solution has had no ACTIVE version yet."""
SCHEDULED = "_scheduled"
"""The private member of such a campaign once its refreshes are scheduled. It is not served before that."""


class Campaign(ResourceType):
    """A campaign.

    With `awaitFirstVersion` it may be created before its solution has an ACTIVE version. It is then PENDING
    without an execution, and the first version puts it into service.

    With a campaign in the place of the solution version it is an alias, and has none of these members.

    Private members: `_serving`, its `Deployment`, which changes in the same write as the status;
    `_datasetGroupArn` is the dataset group of its solution; `_awaitsVersion` and `_scheduled`.
    """

    name = "Campaign"
    segment = "campaign"
    references = (Reference("solutionVersionArn", "SolutionVersion", blocks_deletion=NEVER),)
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    first_status = statuses.PENDING
    workflow = "deploy"
    quota = "campaignsPerDatasetGroup"

    @property
    def alias(self) -> CampaignAlias:
        """The rules of campaigns that are aliases."""
        return CampaignAlias(self.context, UPDATE)

    @property
    def list_by(self) -> str | None:
        return "solutionArn"

    def check_list_parent(self, arn: str) -> None:
        self.context.records.check_arn("Solution", arn)

    def parent(self, body: Body, referenced: Mapping[str, Record]) -> str | None:
        serves = referenced["solutionVersionArn"]
        return serves.arn if body.get(AWAITS_VERSION) else serves.parent

    def find_references(self, request: Request) -> dict[str, Record]:
        given = request["solutionVersionArn"]
        if names_campaign(given):
            return {"solutionVersionArn": self.alias.target(given)}
        if not request.get("awaitFirstVersion"):
            return {"solutionVersionArn": self._find_version(given)}
        if not given.endswith(LATEST):
            raise InvalidInput(
                f"awaitFirstVersion needs a solutionVersionArn of the form <solutionArn>{LATEST}, and not "
                f"{given}."
            )
        solution = self.context.records.find_active("Solution", given.removesuffix(LATEST))
        return {"solutionVersionArn": self._latest_version(solution.arn) or solution}

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        serves = referenced["solutionVersionArn"]
        if serves.resource_type == self.name:
            return self.alias.build_body(request, super().build_body(request, referenced), serves)
        config = request.get("campaignConfig", {})
        self._check_config(serves, config, request["solutionVersionArn"])
        body = {
            "minProvisionedTPS": 1,
            **super().build_body(request, referenced),
            "_datasetGroupArn": serves.body["datasetGroupArn"],
        }
        body.pop("awaitFirstVersion", None)
        if serves.resource_type == "Solution":
            return {**body, AWAITS_VERSION: True}
        return {**body, "solutionVersionArn": serves.arn}

    def has_execution(self, record: Record) -> bool:
        return AWAITS_VERSION not in record.body and not is_alias(record)

    def start_workflow(self, record: Record) -> Record:
        if is_alias(record):
            return record
        if self.has_execution(record):
            return super().start_workflow(record)
        try:
            return self.finish_creation(record)
        except StartError:  # nothing is served yet
            self.context.writer.remove(record)
            raise

    def finish_creation(self, record: Record) -> Record:
        if is_alias(record):  # early versions created an alias as pending, and then made it active
            return self.context.writer.change(record, status=statuses.ACTIVE)
        if AWAITS_VERSION in record.body and SCHEDULED not in record.body:
            self.schedule_work(record)
            record = self.context.writer.change_private(record, **{SCHEDULED: True})
        if record.parent is not None:  # a training may have ended between the first look and the write
            latest = self._latest_version(record.parent)
            record = record if latest is None else self._put_into_service(record, latest)
        return record

    def peers(self, body: Body, parent: str | None) -> Iterator[Record]:
        if ALIAS_OF in body:
            return iter(())
        group = body["_datasetGroupArn"]
        campaigns = self.context.records.each(self.name)
        return (one for one in campaigns if one.body["_datasetGroupArn"] == group and not is_alias(one))

    def describe_body(self, record: Record) -> Body:
        return self.alias.describe_body(record) if is_alias(record) else record.body

    def list_body(self, record: Record) -> Body:
        return self.describe_body(record)

    def touches(self, referenced: Record) -> bool:
        return referenced.resource_type == self.name

    def schedule_work(self, record: Record) -> None:
        """Schedule the refreshes of what will be served."""
        solution = self.context.records.get(record.parent or "")
        if solution is None:
            return
        config = solution.body.get("solutionConfig") or {}
        recipe = self.context.ports.recipe(solution.body["recipeArn"])
        featurization = config.get("featureTransformationParameters", {})
        refreshes.schedule(self.context, record, recipe, featurization)

    def check_deletable(self, record: Record) -> None:
        ensure_settled(record, UPDATE)
        self.alias.check_unused(record)

    def before_delete(self, record: Record) -> None:
        if not is_alias(record):
            refreshes.unschedule(self.context, record)

    def update(self, request: Request) -> Body:
        """UpdateCampaign: members that are not given stay as they are."""
        record = self.context.records.find(self.name, request["campaignArn"])
        if is_alias(record):
            return self.alias.move(record, request)
        if names_campaign(request.get("solutionVersionArn", "")):
            raise InvalidInput(
                f"{record.arn} serves a solution version, and cannot become an alias. Create another "
                "campaign for that."
            )
        if AWAITS_VERSION in record.body:
            return self._update_awaiting(record, request)
        if record.status not in (statuses.ACTIVE, statuses.FAILED):
            raise ResourceInUse(f"{record.arn} has the status {record.status}; wait until it is ACTIVE.")
        ensure_settled(record, UPDATE)
        changes = {name: value for name, value in request.items() if name != "campaignArn"}
        if not changes:
            raise InvalidInput(
                "Nothing to update: give solutionVersionArn, minProvisionedTPS or campaignConfig."
            )
        config = changes.get("campaignConfig", record.body.get("campaignConfig", {}))
        given = changes.get("solutionVersionArn")
        if given is None:
            synced = config.get("syncWithLatestSolutionVersion")
            given = f"{record.parent}{LATEST}" if synced else record.body["solutionVersionArn"]
        version = self._find_version(given)
        if version.parent != record.parent:
            raise InvalidInput(f"{version.arn} is not a version of this campaign's solution {record.parent}.")
        self._check_config(version, config, given)
        update = new_update(
            self.context,
            solutionVersionArn=version.arn,
            minProvisionedTPS=changes.get("minProvisionedTPS", record.body["minProvisionedTPS"]),
            campaignConfig=config,
        )
        record = start_update(self.context, record, UPDATE, update, "deploy", self.workflow_input(record))
        return record.body

    def _update_awaiting(self, record: Record, request: Request) -> Body:
        """UpdateCampaign before the first version: in force at once, because nothing is served yet."""
        if request.get("solutionVersionArn", f"{record.parent}{LATEST}") != f"{record.parent}{LATEST}":
            raise InvalidInput(
                f"{record.arn} waits for the first version of its solution; a solutionVersionArn can only be "
                f"{record.parent}{LATEST}."
            )
        config = request.get("campaignConfig", record.body.get("campaignConfig", {}))
        solution = self.context.records.find("Solution", record.parent or "")
        self._check_config(solution, config, LATEST)
        provisioned = request.get("minProvisionedTPS", record.body["minProvisionedTPS"])
        update = applied(
            self.context,
            solutionVersionArn=record.body["solutionVersionArn"],
            minProvisionedTPS=provisioned,
            campaignConfig=config,
        )
        changes = {"minProvisionedTPS": provisioned, "campaignConfig": config, UPDATE: update}
        return self.context.writer.change(record, **changes).body

    def _put_into_service(self, record: Record, version: Record) -> Record:
        """Serve the first version of the solution in a campaign that has awaited it."""
        return self.context.writer.change(
            record,
            status=statuses.ACTIVE,
            solutionVersionArn=version.arn,
            **{DEPLOYMENT: deployment_of_version(version), AWAITS_VERSION: None, SCHEDULED: None},
        )

    def follow_latest(self, version: Record) -> None:
        """Put a newly trained version in service in the campaigns that follow their solution's latest one.

        The function that trains cannot schedule. So it leaves a campaign whose creation ended before its
        refreshes were scheduled to reconciliation, which schedules them and then serves the version.
        """
        for record in self.context.records.each_current(self.name, version.parent):
            if is_alias(record):
                continue
            if AWAITS_VERSION in record.body:
                if SCHEDULED in record.body:
                    self._put_into_service(record, version)
                continue
            config = record.body.get("campaignConfig", {})
            follows = config.get("syncWithLatestSolutionVersion") and record.status == statuses.ACTIVE
            if not follows or not self._is_newer(version, record):
                continue
            update = applied(
                self.context,
                solutionVersionArn=version.arn,
                minProvisionedTPS=record.body["minProvisionedTPS"],
                campaignConfig=config,
            )
            # An update in transition looks for the latest version itself when it ends.
            update = pending(record, UPDATE) or update
            members = {UPDATE: update, DEPLOYMENT: deployment_of_version(version)}
            self.context.writer.change(record, solutionVersionArn=version.arn, **members)

    # --- lifecycle ---

    def begin(self, record: Record, request: Request, execution: str) -> DeployPlan:
        if is_alias(record):
            raise InvalidInput(
                f"{record.arn} is an alias and has no model of its own. Give the campaign that it points at: "
                f"{target_of(record.body)}."
            )
        updating = claim_update(self.context, record, UPDATE, execution)
        if updating is not None:
            return self._plan(updating, updating.body[UPDATE]["solutionVersionArn"])
        claimed = self.claim(record, execution)
        if claimed is None:  # nothing is pending: a person warms an ACTIVE campaign
            self.context.records.find_active(self.name, record.arn)
        return self._plan(record, record.body["solutionVersionArn"])

    def _plan(self, record: Record, version: str) -> DeployPlan:
        return {"arn": record.arn, "warm": {"campaignArn": record.arn, "solutionVersionArn": version}}

    def succeed(self, record: Record, plan: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        update = pending(record, UPDATE)
        if update is not None:
            config = update["campaignConfig"]
            version = self._version_to_serve(record, update["solutionVersionArn"], config)
            self.context.writer.change(
                record,
                status=statuses.ACTIVE,
                failureReason=None,
                solutionVersionArn=version.arn,
                minProvisionedTPS=update["minProvisionedTPS"],
                campaignConfig=config,
                **{
                    DEPLOYMENT: deployment_of_version(version),
                    UPDATE: with_status(self.context, update, statuses.ACTIVE),
                },
            )
        elif record.status == statuses.IN_PROGRESS:
            config = record.body.get("campaignConfig", {})
            version = self._version_to_serve(record, record.body["solutionVersionArn"], config)
            self.context.writer.change(
                record,
                status=statuses.ACTIVE,
                solutionVersionArn=version.arn,
                **{DEPLOYMENT: deployment_of_version(version)},
            )

    def fail(self, record: Record, reason: str) -> None:
        update = pending(record, UPDATE)
        if update is not None:
            failed = with_status(self.context, update, statuses.FAILED, reason)
            self.context.writer.change(record, **{UPDATE: failed})
        else:
            super().fail(record, reason)

    # --- versions ---

    def _find_version(self, arn: str) -> Record:
        """The ACTIVE version of an ARN, or of `<solutionArn>/$LATEST`. Raises as `find_active`."""
        if not arn.endswith(LATEST):
            return self.context.records.find_active("SolutionVersion", arn)
        solution = self.context.records.find_active("Solution", arn.removesuffix(LATEST))
        version = self._latest_version(solution.arn)
        if version is None:
            raise ResourceInUse(f"{solution.arn} has no ACTIVE solution version yet; wait for one.")
        return version

    def _latest_version(self, solution: str) -> Record | None:
        versions = self.context.records.each_current("SolutionVersion", solution)
        return next((version for version in versions if version.status == statuses.ACTIVE), None)

    def _is_newer(self, version: Record, campaign: Record) -> bool:
        """Whether a version is newer than the one that a campaign serves."""
        now = deployment_of(campaign.body)
        current = None if now is None else self.context.records.get(now["solutionVersionArn"])
        return current is None or current.created_at < version.created_at

    def _version_to_serve(self, record: Record, arn: str, config: Mapping[str, Any]) -> Record:
        if config.get("syncWithLatestSolutionVersion") and record.parent is not None:
            latest = self._latest_version(record.parent)
            if latest is not None:
                return latest
        version = self.context.records.get(arn)
        if version is None:
            raise ResourceNotFound(f"The solution version {arn} no longer exists.")
        return version

    def _check_config(self, version: Record, config: Mapping[str, Any], given: str) -> None:
        _check_config(self.context.ports.recipe(version.body["recipeArn"]), config, given)


def _check_config(recipe: Recipe, config: Mapping[str, Any], version: str) -> None:
    if recipe.call is None:
        raise InvalidInput(f"{recipe.name} has no campaigns; use CreateBatchSegmentJob.")
    if bool(config.get("syncWithLatestSolutionVersion")) != version.endswith(LATEST):
        raise InvalidInput(
            "syncWithLatestSolutionVersion=true and a solutionVersionArn of the form <solutionArn>/$LATEST "
            "need each other; give both or neither."
        )
    exploration_config.check(recipe, config.get("itemExplorationConfig"))
    if "rankingInfluence" in config and not recipe.ranking_influence:
        raise InvalidInput(f"rankingInfluence is not supported by {recipe.name}.")
