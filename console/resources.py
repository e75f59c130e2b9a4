"""Lists that several pages need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from console.api import Api
from console.formats import name_of
from tastemaker.recipes import RECIPES, Recipe

PAGE = 25
"""The rows of a list on one page."""
LISTED = 100
"""The most that the API lists in one call."""


@dataclass(frozen=True)
class Endpoint:
    """A campaign or recommender: what answers requests for recommendations."""

    segment: str  # campaign or recommender
    name: str
    arn: str
    status: str
    recipe: str
    solution: str = ""
    created: Any = None

    @property
    def member(self) -> str:
        """The member of a request that names it."""
        return f"{self.segment}Arn"

    @property
    def needs_item(self) -> bool:
        """Whether it answers for an item."""
        known = _known(self.recipe)
        return known is not None and known.needs_item

    @property
    def needs_viewer(self) -> bool:
        """Whether it answers for an item, and leaves out what a user has seen: a request names both."""
        known = _known(self.recipe)
        return known is not None and known.needs_item and known.needs_user

    @property
    def ranks(self) -> bool:
        """Whether it orders given items."""
        return "ranking" in self.recipe

    @property
    def active(self) -> bool:
        """Whether it answers."""
        return self.status == "ACTIVE"


def _known(recipe: str) -> Recipe | None:
    return next((one for one in RECIPES if one.name == recipe), None)


def endpoints(api: Api, group_arn: str) -> list[Endpoint]:
    """The campaigns and recommenders of a dataset group, newest first."""
    solutions = api.personalize("ListSolutions", datasetGroupArn=group_arn, maxResults=LISTED)["solutions"]
    calls = [
        partial(api.personalize, "ListCampaigns", solutionArn=one["solutionArn"], maxResults=LISTED)
        for one in solutions
    ]
    found = [
        Endpoint(
            "campaign",
            campaign["name"],
            campaign["campaignArn"],
            campaign["status"],
            name_of(solution["recipeArn"]),
            solution["name"],
            campaign["creationDateTime"],
        )
        for solution, answer in zip(solutions, api.together(*calls), strict=True)
        for campaign in answer["campaigns"]
    ]
    listed = api.personalize("ListRecommenders", datasetGroupArn=group_arn, maxResults=LISTED)
    found += [
        Endpoint(
            "recommender",
            one["name"],
            one["recommenderArn"],
            one["status"],
            name_of(one["recipeArn"]),
            created=one["creationDateTime"],
        )
        for one in listed["recommenders"]
    ]
    return sorted(found, key=lambda one: one.created, reverse=True)


def optional(api: Api, service: str, operation: str, **params: Any) -> dict[str, Any]:
    """The answer of a call that a page can do without: {} if there is nothing, or if it is not permitted."""
    try:
        return api.call(service, operation, **params)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("InternalFailure", "ServiceUnavailableException", "ThrottlingException"):
            raise
        return {}
