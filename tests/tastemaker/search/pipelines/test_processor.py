"""Re-ranking of responses: the plugin's cases, and what only this processor has."""

import math
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from tastemaker.errors import AccessDenied, InvalidInput, ResourceNotFound, ServiceUnavailable
from tastemaker.search.errors import SearchError
from tastemaker.search.learning.shown import ShownSearch
from tastemaker.search.learning.weights import Click, estimate
from tastemaker.search.pipelines.options import read_options
from tastemaker.search.pipelines.processor import Processor
from tastemaker.search.pipelines.ranking import Ranking, RankingRequest
from tests.tastemaker.search.pipelines.test_options import PLUGIN

FILTER = "arn:aws:personalize:us-east-1:123456789012:filter/some"
BODY: dict[str, Any] = {"ext": {"personalize_request_parameters": {"user_id": "u1"}}}


class FakeRanker:
    """Ranks in a fixed order; ids that it does not have come last. `excluded` is what its filter removes."""

    def __init__(self, order: Sequence[str], excluded: str = "", promoted: str = "") -> None:
        self.order, self.excluded, self.promoted = order, excluded, promoted
        self.requests: list[RankingRequest] = []
        self.error: Exception | None = None

    def rank(self, request: RankingRequest) -> Ranking:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        known = [one for one in self.order if one in request.items]
        rest = [one for one in request.items if one not in known]
        scores = {one: 2.0**-place for place, one in enumerate(known, 1)} | dict.fromkeys(rest)
        if request.filter_arn:
            scores = {one: score for one, score in scores.items() if one not in self.excluded}
        return Ranking(scores, "RID-1", frozenset(self.promoted))


def response(ids: str, total: int | None = None) -> dict[str, Any]:
    hits = [
        {"_id": f"doc-{one}", "_score": 10.0 - place, "_source": {"ITEM_ID": one}}
        for place, one in enumerate(ids)
    ]
    found = {"value": total or len(ids), "relation": "eq"}
    return {"took": 1, "hits": {"total": found, "max_score": 10.0, "hits": hits}}


def items(answer: dict[str, Any]) -> str:
    return "".join(hit["_source"]["ITEM_ID"] for hit in answer["hits"]["hits"])


def process(
    ranker: FakeRanker,
    found: dict[str, Any],
    body: dict[str, Any] = BODY,
    page: tuple[int, int] = (0, 10),
    **change: Any,
) -> dict[str, Any]:
    return Processor(ranker).process(read_options({**PLUGIN, **change}), body, found, *page)


def test_hits_are_sorted_by_the_combined_score() -> None:
    ranker = FakeRanker("cab")
    answer = process(ranker, response("abc"), weight=0.5)
    # Personalized ranks: a 2, b 3, c 1.
    expected = {
        "a": 0.5 + 0.5 / math.log2(3),
        "b": 0.5 / math.log2(3) + 0.25,
        "c": 0.25 + 0.5,
    }
    assert items(answer) == "acb"
    assert {hit["_source"]["ITEM_ID"]: hit["_score"] for hit in answer["hits"]["hits"]} == pytest.approx(
        expected
    )
    assert answer["hits"]["max_score"] == pytest.approx(expected["a"])
    assert answer["ext"]["personalized_search_ranking"]["recommendation_id"] == "RID-1"
    assert ranker.requests[0].items == ["a", "b", "c"]


def test_shown_items_are_recorded_and_events_get_a_source_for_attribution() -> None:
    recorded: list[ShownSearch] = []
    processor = Processor(FakeRanker("dcba"), record=recorded.append)
    options = read_options({**PLUGIN, "tag": "shop", "weight": 1, "window": 4})
    answer = processor.process(options, BODY, response("abcd"), 1, 2)
    (shown,) = recorded
    assert (shown.recommendation_id, shown.campaign_arn) == ("RID-1", PLUGIN["campaign_arn"])
    assert (shown.shown, shown.start, shown.weight) == (["c", "b"], 1, 1.0)
    assert shown.candidates.items == ["a", "b", "c", "d"]
    assert shown.candidates.personal_ranks == [4, 3, 2, 1]
    assert shown.candidates.search_scores == [10.0, 9.0, 8.0, 7.0]
    about = answer["ext"]["personalized_search_ranking"]
    assert about["event_attribution_source"] == "search/shop/weight-1"
    assert about["recommendation_id"] == "RID-1"


@pytest.mark.parametrize("change", [{}, {"window": 8}])
def test_order_that_was_shown_gains_nothing_over_itself_on_the_second_page(change: dict[str, Any]) -> None:
    recorded: list[ShownSearch] = []
    processor = Processor(FakeRanker("hgfedcba"), record=recorded.append)
    options = read_options({**PLUGIN, "weight": 1, **change})
    processor.process(options, BODY, response("abcdefgh" if change else "efgh"), 4, 4)
    clicks = [Click("u1", recorded[0], item) for item in recorded[0].shown]
    estimate_of_shown = estimate(clicks, weights=(1.0,), samples=10).estimates[0]
    assert estimate_of_shown.gain.value == 0


def test_weight_one_is_the_order_of_the_user_and_weight_zero_makes_no_call() -> None:
    ranker = FakeRanker("cab")
    assert items(process(ranker, response("abc"), weight=1)) == "cab"
    found = response("abc")
    assert process(ranker, found, weight=0) == found
    assert len(ranker.requests) == 1


def test_without_item_id_field_the_id_of_the_document_counts() -> None:
    ranker = FakeRanker(["doc-b"])
    assert items(process(ranker, response("ab"), weight=1, item_id_field=None)) == "ba"


def test_no_hits_are_returned_without_looking_at_the_request() -> None:
    assert items(process(FakeRanker(""), response(""), body={})) == ""


def test_context_of_the_request_is_passed_on() -> None:
    ranker = FakeRanker("ab")
    parameters = {"user_id": "u1", "context": {"DEVICE": "mobile"}}
    process(ranker, response("ab"), {"ext": {"personalize_request_parameters": parameters}})
    assert ranker.requests[0].context == {"DEVICE": "mobile"}


@pytest.mark.parametrize(
    ("parameters", "member", "reason"),
    [
        (None, "user_id", "required Personalize request parameter is missing"),
        ({"user_id": " "}, "user_id", "required Personalize request parameter is missing"),
        ({"session_id": "s"}, "user_id", "required Personalize request parameter is missing"),
        (
            {"user_id": "u", "context": {"DEVICE": 5}},
            "context",
            "not of type String. Invalid context value: 5",
        ),
    ],
)
def test_request_without_what_ranking_needs_is_refused(parameters: Any, member: str, reason: str) -> None:
    with pytest.raises(SearchError) as refused:
        process(FakeRanker("a"), response("a"), {"ext": {"personalize_request_parameters": parameters}})
    assert refused.value.status == 400
    assert refused.value.details["property_name"] == member
    assert reason in refused.value.reason


def test_hits_without_item_ids_are_refused() -> None:
    with pytest.raises(SearchError) as refused:
        process(FakeRanker("a"), response("a"), item_id_field="SKU")
    assert refused.value.details["property_name"] == "item_id_field"
    assert "no item ids found" in refused.value.reason


def test_ignore_failure_returns_the_original_order_and_says_why() -> None:
    ranker, reported = FakeRanker("ba"), []
    ranker.error = InvalidInput("the campaign is broken")
    options = read_options({**PLUGIN, "ignore_failure": True})
    answer = Processor(ranker, reported.append).process(options, BODY, response("ab"), 0, 10)
    assert items(answer) == "ab"
    assert answer["ext"]["personalized_search_ranking"] == {
        "reranked": False,
        "reason": "the campaign is broken",
    }
    assert [error.reason for error in reported] == ["the campaign is broken"]


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (AccessDenied("no"), 400, "illegal_argument_exception"),
        (ResourceNotFound("no campaign"), 404, "resource_not_found_exception"),
        (InvalidInput("bad"), 400, "illegal_argument_exception"),
        (ServiceUnavailable("later"), 503, "service_unavailable_exception"),
    ],
)
def test_errors_of_the_ranking_have_opensearchs_types(error: Exception, status: int, kind: str) -> None:
    ranker = FakeRanker("a")
    ranker.error = error
    with pytest.raises(SearchError) as refused:
        process(ranker, response("a"))
    assert (refused.value.status, refused.value.type) == (status, kind)


def test_window_is_ranked_as_a_whole_and_cut_into_pages() -> None:
    ranker = FakeRanker("fedcba")
    pages = [
        items(process(ranker, response("abcdefgh"), page=(start, 3), weight=1, window=6))
        for start in (0, 3, 6)
    ]
    assert pages == ["fed", "cba", "gh"]
    assert all(request.items == list("abcdef") for request in ranker.requests)


def test_filter_removes_hits_and_counts_them_off() -> None:
    ranker = FakeRanker("dcba", excluded="bd")
    parameters = {"user_id": "u1", "filter_values": {"COLOR": "red"}}
    body = {"ext": {"personalize_request_parameters": parameters}}
    change = {"filter_arn": FILTER, "filter_values": {"SIZE": "m", "COLOR": "blue"}, "weight": 1}
    answer = process(ranker, response("abcd", total=90), body, **change)
    assert items(answer) == "ca"
    assert answer["hits"]["total"]["value"] == 88
    assert ranker.requests[0].filter_values == {"SIZE": "m", "COLOR": "red"}


def test_fusion_of_scores_keeps_the_distance_between_hits() -> None:
    answer = process(FakeRanker("cba"), response("abc"), weight=0.5, fusion="scores")
    scores = {hit["_source"]["ITEM_ID"]: hit["_score"] for hit in answer["hits"]["hits"]}
    assert scores == pytest.approx({"a": 0.5, "b": 0.5, "c": 0.5})


def test_promotion_gives_its_hits_a_share_of_the_places() -> None:
    ranker = FakeRanker("abcdefgh", promoted="gh")
    promotion = {"filter_arn": FILTER, "percent_promoted_items": 25}
    assert items(process(ranker, response("abcdefgh"), weight=1, promotion=promotion)) == "gabchdef"


def test_session_stands_in_for_a_user_if_the_processor_allows_it() -> None:
    ranker = FakeRanker("ba")
    body = {"ext": {"personalize_request_parameters": {"session_id": "s1"}}}
    assert items(process(ranker, response("ab"), body, weight=1, anonymous_sessions=True)) == "ba"
    assert ranker.requests[0].user_id == "s1"


def test_explanation_shows_both_orders_of_each_hit() -> None:
    answer = process(FakeRanker("ba"), response("ab"), weight=1, explain=True)
    first = answer["ext"]["personalized_search_ranking"]["hits"][0]
    assert first == {
        "_id": "doc-b",
        "score": 1.0,
        "search_rank": 2,
        "search_score": 9.0,
        "personalized_rank": 1,
        "personalized_score": 0.5,
    }


def test_ranking_that_takes_too_long_leaves_the_original_order_and_is_marked() -> None:
    class Slow(FakeRanker):
        go = threading.Event()

        def rank(self, request: RankingRequest) -> Ranking:
            self.go.wait(30)
            return super().rank(request)

    ranker = Slow("ba")
    try:
        answer = process(ranker, response("ab"), time_limit_milliseconds=20, weight=1)
        assert items(answer) == "ab"
        assert answer["ext"]["personalized_search_ranking"]["timed_out"] is True
    finally:
        ranker.go.set()


def test_more_than_five_hundred_hits_are_ranked() -> None:
    hits = [{"_id": str(one), "_score": 1.0} for one in range(1200)]
    found = {"hits": {"total": {"value": 1200, "relation": "eq"}, "max_score": 1.0, "hits": hits}}
    ranker = FakeRanker([str(one) for one in reversed(range(1200))])
    answer = process(ranker, found, page=(0, 1200), weight=1, item_id_field=None)
    assert [hit["_id"] for hit in answer["hits"]["hits"]][:2] == ["1199", "1198"]
