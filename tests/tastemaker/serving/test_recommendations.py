"""GetRecommendations, from the request to the answer."""

from typing import Any

import pytest

from tastemaker.filters import dump, parse
from tests.tastemaker.serving.films import GROUP, PREFIX, Cinema

POPULAR = ["alien", "brazil", "casablanca", "dune", "emma"]


def test_known_user_gets_an_answer_from_imported_history(cinema: Cinema) -> None:
    answer = cinema.ask("v2", userId="ann")
    assert [item["itemId"] for item in answer["itemList"]] == [
        "dune",
        "casablanca",
        "alien",
        "brazil",
        "emma",
    ]
    scores = [item["score"] for item in answer["itemList"]]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-6)
    assert all(round(score, 7) == score for score in scores)
    assert answer["recommendationId"].startswith("RID-")


def test_live_event_changes_the_next_answer_of_its_user_only(cinema: Cinema) -> None:
    others = cinema.items("v2", userId="bob")
    cinema.saw("ann", "emma")
    assert cinema.items("v2", userId="ann")[:3] == ["emma", "dune", "casablanca"]
    assert cinema.items("v2", userId="bob") == others == POPULAR


def test_unknown_user_gets_popular_items_and_session_its_own(cinema: Cinema) -> None:
    assert cinema.items("v2", userId="unknown") == POPULAR
    cinema.saw("session-1", "emma")
    assert cinema.items("v2", userId="session-1")[0] == "emma"


def test_profiles_are_read_once_and_only_if_needed(cinema: Cinema) -> None:
    cinema.filter("seen", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")')
    cinema.items("v2", userId="ann", filterArn=f"{PREFIX}filter/seen")
    assert cinema.profiles.queries == 1
    cinema.items("popular", userId="ann")
    cinema.items("similar", itemId="dune", userId="ann")
    assert cinema.profiles.queries == 1
    assert cinema.items("popular", userId="ann", filterArn=f"{PREFIX}filter/seen") == [
        film for film in POPULAR if film != "dune"
    ]
    assert cinema.profiles.queries == 2


def test_similar_items_exclude_the_item_and_fall_back_to_popular_items(cinema: Cinema) -> None:
    answer = cinema.ask("similar", itemId="dune")
    assert [item["itemId"] for item in answer["itemList"]] == ["alien", "brazil", "casablanca", "emma"]
    assert all("score" not in item for item in answer["itemList"])
    assert cinema.items("similar", itemId="zorro") == POPULAR


def test_num_results_limits_the_answer(cinema: Cinema) -> None:
    assert len(cinema.items("v2", userId="ann", numResults=2)) == 2
    assert len(cinema.items("v2", userId="ann", numResults=0)) == 5
    assert len(cinema.items("v2", userId="ann", numResults=500)) == 5


def test_filters_read_values_user_and_current_item(cinema: Cinema) -> None:
    cinema.filter("genre", "INCLUDE ItemID WHERE Items.GENRES IN ($G)")
    cinema.filter("kids", 'EXCLUDE ItemID WHERE Items.GENRES IN ("horror") IF CurrentUser.AGE < 18')
    cinema.filter("like", "INCLUDE ItemID WHERE Items.GENRES IN CurrentItem.GENRES")
    genre = {"filterArn": f"{PREFIX}filter/genre"}
    assert cinema.items("v2", userId="ann", **genre, filterValues={"G": '"space","love"'}) == [
        "dune", "casablanca", "alien"
    ]  # fmt: skip
    kids = {"filterArn": f"{PREFIX}filter/kids"}
    assert "alien" in cinema.items("v2", userId="ann", **kids)
    assert "alien" not in cinema.items("v2", userId="bob", **kids)
    assert cinema.items("similar", itemId="dune", filterArn=f"{PREFIX}filter/like") == ["alien"]


def test_first_generation_scores_do_not_depend_on_the_filter(cinema: Cinema) -> None:
    cinema.filter("space", 'INCLUDE ItemID WHERE Items.GENRES IN ("space")')
    space = {"filterArn": f"{PREFIX}filter/space"}

    def scores(campaign: str, **params: Any) -> dict[str, float]:
        answer = cinema.ask(campaign, userId="ann", **params)["itemList"]
        return {item["itemId"]: item["score"] for item in answer}

    assert scores("v1", **space)["dune"] == scores("v1")["dune"] == scores("v2")["dune"]
    assert sum(scores("v2", **space).values()) == pytest.approx(1, abs=1e-6)


def test_promoted_items_have_name_and_reason(cinema: Cinema) -> None:
    cinema.filter("old", "INCLUDE ItemID WHERE Items.YEAR < $Y")
    cinema.filter("space", 'INCLUDE ItemID WHERE Items.GENRES IN ("space")')
    promotion = {
        "name": "classics",
        "percentPromotedItems": 40,
        "filterArn": f"{PREFIX}filter/old",
        "filterValues": {"Y": '"1950"'},
    }
    answer = cinema.ask(
        "v2", userId="ann", promotions=[promotion], filterArn=f"{PREFIX}filter/space", numResults=3
    )["itemList"]
    by_name = {item["itemId"]: item for item in answer}
    assert set(by_name) == {"casablanca", "dune", "alien"}
    assert by_name["casablanca"]["promotionName"] == "classics"
    assert by_name["casablanca"]["reason"] == ["Promoted item"]
    assert "promotionName" not in by_name["dune"]
    assert "reason" not in by_name["dune"]


def test_promotion_with_few_items_leaves_places_to_others(cinema: Cinema) -> None:
    cinema.filter("new", "INCLUDE ItemID WHERE Items.YEAR > $SINCE")
    for since, promoted in ("1984.7", 1), ("2000", 0):
        promotion = {
            "name": "new", "percentPromotedItems": 80, "filterArn": f"{PREFIX}filter/new",
            "filterValues": {"SINCE": since},
        }  # fmt: skip
        shown = cinema.ask("v1", userId="ann", numResults=5, promotions=[promotion])["itemList"]
        assert len({item["itemId"] for item in shown}) == 5
        assert [item["itemId"] for item in shown if "promotionName" in item] == ["brazil"] * promoted


def test_recipe_without_promotions_rejects_them(cinema: Cinema) -> None:
    cinema.deploy("meaning", "aws-semantic-similarity", "similar")
    cinema.filter("old", "INCLUDE ItemID WHERE Items.YEAR < 1950")
    promotion = {"name": "p", "percentPromotedItems": 50, "filterArn": f"{PREFIX}filter/old"}
    about = {"campaignArn": f"{PREFIX}campaign/meaning", "itemId": "dune"}
    assert (
        "Promotions are not supported by aws-semantic-similarity"
        in cinema.refused(**about, promotions=[promotion])[2]
    )


def test_metadata_is_reported_as_text(cinema: Cinema) -> None:
    columns = {"ITEMS": ["GENRES", "YEAR", "COLOR"]}
    answer = cinema.ask("v2", userId="ann", metadataColumns=columns)["itemList"]
    found = {item["itemId"]: item["metadata"] for item in answer}
    assert found["alien"] == {"genres": "horror|space", "year": "1979", "color": "true"}
    assert found["dune"]["year"] == "1984.5"
    assert found["casablanca"]["color"] == "false"
    assert found["emma"] == {}


def test_metadata_must_be_enabled_on_the_campaign(cinema: Cinema) -> None:
    columns = {"ITEMS": ["GENRES"]}
    campaign = f"{PREFIX}campaign/similar"
    assert (
        "enableMetadataWithRecommendations"
        in cinema.refused(campaignArn=campaign, itemId="dune", metadataColumns=columns)[2]
    )
    config = {"enableMetadataWithRecommendations": True}
    cinema.deploy("similar-2", "aws-similar-items", "similar", campaignConfig=config)
    answer = cinema.ask("similar-2", itemId="dune", metadataColumns=columns)["itemList"]
    assert answer[0]["metadata"] == {"genres": "horror|space"}


def test_use_case_hides_purchased_items_and_reports_no_scores(cinema: Cinema) -> None:
    arn = cinema.deploy("shop", "aws-ecomm-recommended-for-you", "sequence", "recommender")
    cinema.saw("ann", "alien", event_type="Purchase")
    status, body = cinema.post("/recommendations", {"recommenderArn": arn, "userId": "ann"})
    assert status == 200
    assert [item["itemId"] for item in body["itemList"]] == ["dune", "casablanca", "brazil", "emma"]
    assert all("score" not in item for item in body["itemList"])


YEAR = {"ITEMS": ["YEAR"]}
V2, SIMILAR = f"{PREFIX}campaign/v2", f"{PREFIX}campaign/similar"


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"userId": "ann"}, "exactly one"),
        ({"userId": "ann", "campaignArn": V2, "recommenderArn": f"{PREFIX}recommender/r"}, "exactly one"),
        ({"userId": "ann", "campaignArn": f"{PREFIX}solution/v2"}, "not the ARN of a campaign"),
        ({"campaignArn": V2}, "userId is required"),
        ({"campaignArn": SIMILAR, "userId": "ann"}, "itemId is required"),
        ({"campaignArn": f"{PREFIX}campaign/ranking", "userId": "ann"}, "GetPersonalizedRanking"),
        ({"campaignArn": V2, "userId": "ann", "numResults": 501}, "at most 500"),
        ({"campaignArn": V2, "userId": "ann", "numResults": 51, "metadataColumns": YEAR}, "at most 50"),
        ({"campaignArn": V2, "userId": "ann", "metadataColumns": {"ITEMS": ["NONE"]}}, "no column NONE"),
        ({"campaignArn": V2, "userId": "ann", "filterValues": {"A": "1"}}, "filterArn"),
        ({"campaignArn": V2, "userId": "ann", "promotions": [{"name": "p"}]}, "percentPromotedItems"),
    ],
)  # fmt: skip
def test_invalid_requests_are_rejected(cinema: Cinema, params: dict[str, Any], text: str) -> None:
    status, code, message = cinema.refused(**params)
    assert (status, code) == (400, "InvalidInputException")
    assert text in message


def test_unknown_campaign_or_filter_is_not_found(cinema: Cinema) -> None:
    for params in (
        {"campaignArn": f"{PREFIX}campaign/no"},
        {"campaignArn": V2, "filterArn": f"{PREFIX}filter/no"},
    ):
        status, code, message = cinema.refused(userId="ann", **params)
        assert (status, code) == (404, "ResourceNotFoundException")
        assert "/no" in message


def test_resources_that_are_not_active_or_in_another_group_are_rejected(cinema: Cinema) -> None:
    cinema.add("campaign/new", status="CREATE IN_PROGRESS")
    cinema.add("campaign/broken", status="CREATE FAILED", failureReason="no room")
    cinema.filter("foreign", "EXCLUDE ItemID WHERE Items.YEAR > 0", f"{PREFIX}dataset-group/other")
    assert "CREATE IN_PROGRESS" in cinema.refused(userId="ann", campaignArn=f"{PREFIX}campaign/new")[2]
    assert "no room" in cinema.refused(userId="ann", campaignArn=f"{PREFIX}campaign/broken")[2]
    foreign = {"campaignArn": V2, "filterArn": f"{PREFIX}filter/foreign"}
    assert "another dataset group" in cinema.refused(userId="ann", **foreign)[2]


@pytest.mark.parametrize(
    ("expression", "campaign", "text"),
    [
        ("EXCLUDE ItemID WHERE Items.YEAR > CurrentItem.YEAR", "v2", "CurrentItem.YEAR is for recipes"),
        ('EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("x")', "popular", "by ItemID, not by UserID"),
        ('EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("x")', "similar", "not by ActionID"),
    ],
)  # fmt: skip
def test_filter_must_fit_the_recipe_type(cinema: Cinema, expression: str, campaign: str, text: str) -> None:
    about = {"campaignArn": f"{PREFIX}campaign/{campaign}", "userId": "ann", "itemId": "dune"}
    compiled = {"filterExpression": expression, "_compiled": dump(parse(expression))}
    arn = cinema.add("filter/odd", status="ACTIVE", datasetGroupArn=GROUP, **compiled)
    promotion = {"name": "p", "percentPromotedItems": 50, "filterArn": arn}
    for asked in ({"filterArn": arn}, {"promotions": [promotion]}):
        status, code, message = cinema.refused(**about, **asked)
        assert (status, code) == (400, "InvalidInputException")
        assert text in message and message.endswith("^")


def test_updated_campaign_answers_after_the_cache_time(cinema: Cinema) -> None:
    assert cinema.items("v2", userId="ann")[0] == "dune"
    record = cinema.repository.get(V2)
    assert record is not None
    serving = {**record.body["_serving"], "bundle": "s3://lake/popularity/"}
    cinema.repository.update(record.with_(_serving=serving))
    cinema.now = 4.9
    assert cinema.items("v2", userId="ann")[0] == "dune"
    cinema.now = 5.1
    assert cinema.items("v2", userId="ann")[0] == "alien"
