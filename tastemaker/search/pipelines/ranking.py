"""Ranks items for a visitor with the code of GetPersonalizedRanking, in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tastemaker.contracts.arns import segment_of
from tastemaker.errors import InvalidInput
from tastemaker.serving.parameters import check_operation
from tastemaker.serving.personalized_ranking import rank_items
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime


@dataclass(frozen=True)
class RankingRequest:
    """Items that are to be ranked for a user by a campaign."""

    campaign_arn: str
    user_id: str
    items: Sequence[str]
    context: Mapping[str, str] = field(default_factory=dict)
    filter_arn: str | None = None
    filter_values: Mapping[str, str] = field(default_factory=dict)
    promotion_filter_arn: str | None = None
    promotion_filter_values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ranking:
    """The items in the order of preference, with scores as GetPersonalizedRanking gives them.

    Items that the filter excludes are missing. `promoted` are those that the promotion's filter allows.
    """

    scores: Mapping[str, float | None]
    recommendation_id: str
    promoted: frozenset[str] = frozenset()


class Ranker(Protocol):
    """Ranks items. Raises TastemakerError for a request that cannot be answered."""

    def rank(self, request: RankingRequest) -> Ranking: ...


class CampaignRanker:
    """The ranker of this process. Any number of items can be ranked."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def rank(self, request: RankingRequest) -> Ranking:
        if segment_of(request.campaign_arn) != "campaign":
            raise InvalidInput(f"{request.campaign_arn} is not the ARN of a campaign.")
        endpoint = self._runtime.endpoint({"campaignArn": request.campaign_arn})
        check_operation(endpoint, "GetPersonalizedRanking")
        query = Query(self._runtime, endpoint, request.user_id, None, request.context)
        ranked = rank_items(query, request.items, request.filter_arn, request.filter_values or None)
        promoted = frozenset[str]()
        if request.promotion_filter_arn is not None:
            values = request.promotion_filter_values or None
            allowed = rank_items(query, request.items, request.promotion_filter_arn, values)
            promoted = frozenset(one.item_id for one in allowed)
        query.report_cold_user()
        return Ranking(
            {one.item_id: one.score for one in ranked}, self._runtime.new_id(endpoint.arn), promoted
        )
