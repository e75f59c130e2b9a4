"""Aliases: campaigns that answer as another campaign does, until an update moves them.

Clients name the alias, so the campaign behind it can be exchanged for one of another solution or dataset
group without a gap, and back.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.arns import segment_of
from tastemaker.contracts.campaign_alias import ALIAS_OF, target_of
from tastemaker.control.core.context import Context
from tastemaker.control.core.declaration import Body, Request
from tastemaker.control.core.records import Record
from tastemaker.control.core.updates import applied
from tastemaker.errors import InvalidInput, ResourceInUse

CAMPAIGN, SEGMENT = "Campaign", "campaign"
OF_TARGET = ("solutionVersionArn", "minProvisionedTPS", "campaignConfig", "status", "failureReason")
"""Members that Describe shows of the campaign that an alias points at."""


def names_campaign(arn: str) -> bool:
    """Whether the `solutionVersionArn` of a request is that of a campaign."""
    return segment_of(arn) == SEGMENT


def is_alias(record: Record) -> bool:
    """Whether a campaign is an alias."""
    return target_of(record.body) is not None


class CampaignAlias:
    """The rules of aliases. `update` is the member with the last update of a campaign."""

    def __init__(self, context: Context, update: str) -> None:
        self._context, self._update = context, update

    def target(self, arn: str) -> Record:
        """The campaign that an alias may point at. Raises InvalidInput or ResourceNotFound."""
        record = self._context.records.find(CAMPAIGN, arn)
        target = target_of(record.body)
        if target is not None:
            raise InvalidInput(f"{arn} is itself an alias. Name the campaign that it points at: {target}.")
        return record

    def build_body(self, request: Request, given: Mapping[str, Any], target: Record) -> Body:
        """The members of a new alias. Raises InvalidInput for members that its target has."""
        extra = [
            name for name in ("awaitFirstVersion", "campaignConfig", "minProvisionedTPS") if request.get(name)
        ]
        if extra:
            raise InvalidInput(f"An alias has no {', '.join(extra)}. Give it to the campaign {target.arn}.")
        kept = {name: value for name, value in given.items() if name not in ("awaitFirstVersion", *OF_TARGET)}
        return {
            **kept,
            "status": statuses.ACTIVE,
            ALIAS_OF: target.arn,
            "_datasetGroupArn": target.body["_datasetGroupArn"],
        }

    def describe_body(self, record: Record) -> Body:
        """What Describe and List return: the alias, with what its target serves."""
        target = self._context.records.get(str(target_of(record.body)))
        shown = {} if target is None else target.body
        return {**record.body, **{name: shown[name] for name in OF_TARGET if name in shown}}

    def move(self, record: Record, request: Request) -> Body:
        """Point an alias at another campaign, at once.

        Raises InvalidInput, ResourceNotFound, or ResourceInUse if the other one does not answer yet.
        """
        given = {name for name in request if name != "campaignArn"}
        if given != {"solutionVersionArn"} or not names_campaign(request["solutionVersionArn"]):
            raise InvalidInput(
                f"{record.arn} is an alias, and only the campaign that it points at can change: give its ARN "
                "as solutionVersionArn, and nothing else."
            )
        target = self.target(request["solutionVersionArn"])
        before = self._context.records.get(str(target_of(record.body)))
        if before is not None:
            self._check_move(record, before, target)
        update = applied(
            self._context,
            solutionVersionArn=target.body.get("solutionVersionArn", target.arn),
            minProvisionedTPS=target.body["minProvisionedTPS"],
            campaignConfig=target.body.get("campaignConfig") or {},
        )
        return self.describe_body(self._point_at(record, target, **{self._update: update}))

    def check_unused(self, record: Record) -> None:
        """Raises ResourceInUse if an alias points at a campaign."""
        for other in self._context.records.each_current(CAMPAIGN):
            if target_of(other.body) == record.arn:
                raise ResourceInUse(
                    f"The alias {other.arn} points at {record.arn}; move it to another campaign, or delete "
                    "it first."
                )

    def _check_move(self, record: Record, before: Record, target: Record) -> None:
        if before.status == statuses.ACTIVE and target.status != statuses.ACTIVE:
            raise ResourceInUse(
                f"{target.arn} has the status {target.status}; wait until it is ACTIVE. {record.arn} goes "
                f"on answering as {before.arn}."
            )
        calls = [self._call(before), self._call(target)]
        if None not in calls and calls[0] != calls[1]:
            raise InvalidInput(
                f"{target.arn} answers {calls[1]}, and clients of {record.arn} call {calls[0]}. Create "
                "another alias."
            )

    def _call(self, campaign: Record) -> str | None:
        """The operation that a campaign answers; None if its solution is gone."""
        solution = self._context.records.get(campaign.parent or "")
        return None if solution is None else self._context.ports.recipe(solution.body["recipeArn"]).call

    def _point_at(self, record: Record, target: Record, **members: Any) -> Record:
        changes = {ALIAS_OF: target.arn, "_datasetGroupArn": target.body["_datasetGroupArn"], **members}
        at_place = replace(record, parent=target.parent)
        return self._context.writer.change_with(at_place, [target], status=statuses.ACTIVE, **changes)
