"""Campaigns and recommenders: what they serve, and how requests go."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from console.measurements import RANGES, measured
from console.page import Page, view
from console.resources import endpoints, optional
from console.views.solutions import busy


@view
def campaigns(page: Page) -> Response:
    """The campaigns and recommenders of a dataset group."""
    known = endpoints(page.api, page.group_arn)
    return page.render(
        "campaigns.html", section="campaigns", endpoints=known, live=any(busy(one.status) for one in known)
    )


@view
def campaign(page: Page) -> Response:
    """One campaign: its version, its settings, and its requests, latency and errors."""
    arn = page.target.arn(f"campaign/{page.named('name')}")
    described = page.api.personalize("DescribeCampaign", campaignArn=arn)["campaign"]
    return _page(page, "campaign", described, "campaignArn", arn)


@view
def recommender(page: Page) -> Response:
    """One recommender, as `campaign`."""
    arn = page.target.arn(f"recommender/{page.named('name')}")
    described = page.api.personalize("DescribeRecommender", recommenderArn=arn)["recommender"]
    return _page(page, "recommender", described, "recommenderArn", arn)


def _page(page: Page, segment: str, described: dict[str, Any], member: str, arn: str) -> Response:
    span = page.asked("range") if page.asked("range") in RANGES else "3h"
    model = optional(page.api, "tastemaker", "DescribeModel", **{member: arn}).get("model", {})
    latest = described.get("latestCampaignUpdate") or described.get("latestRecommenderUpdate") or {}
    return page.render(
        "campaign.html",
        section="campaigns",
        segment=segment,
        campaign=described,
        config=described.get("campaignConfig") or described.get("recommenderConfig") or {},
        update=latest,
        model=model,
        ranges=RANGES,
        span=span,
        figures=measured(page.api, {f"{member[0].upper()}{member[1:]}": arn}, span),
        live=busy(described["status"]) or busy(latest.get("status", "")),
    )


ROUTES = [
    ("GET", "/groups/{group}/campaigns", campaigns),
    ("GET", "/groups/{group}/campaigns/{name}", campaign),
    ("GET", "/groups/{group}/recommenders/{name}", recommender),
]
