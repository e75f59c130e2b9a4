from typing import Any

import pytest

from tastemaker.errors import InvalidInput
from tastemaker.extensions.browsing import describe_user, find_items, find_users
from tests.tastemaker.serving.films import PREFIX, Cinema

CAMPAIGN = {"campaignArn": f"{PREFIX}campaign/v1"}


def found(cinema: Cinema, **params: Any) -> list[str]:
    return [item["itemId"] for item in find_items(cinema.runtime, {**CAMPAIGN, **params})["items"]]


def test_items_are_found_by_a_part_of_their_name_or_id_in_any_case(cinema: Cinema) -> None:
    assert found(cinema, text="NIGHTS") == ["casablanca"]
    assert found(cinema, text="al") == ["alien"]
    assert found(cinema, text=".*") == []


def test_found_items_begin_with_those_that_have_the_most_users(cinema: Cinema) -> None:
    answer = find_items(cinema.runtime, {**CAMPAIGN, "maxResults": 2})
    assert [item["itemId"] for item in answer["items"]] == ["alien", "brazil"]
    assert (answer["matchCount"], answer["itemCount"]) == (5, 5)


def test_filter_counts_the_items_that_pass(cinema: Cinema) -> None:
    space = cinema.filter("space", 'INCLUDE ItemID WHERE Items.GENRES IN ("space")')
    answer = find_items(cinema.runtime, {**CAMPAIGN, "filterArn": space, "text": "dune"})
    assert [item["itemId"] for item in answer["items"]] == ["dune"] and answer["matchCount"] == 1
    assert find_items(cinema.runtime, {**CAMPAIGN, "filterArn": space})["matchCount"] == 2


def test_item_has_its_name_and_attributes_as_text(cinema: Cinema) -> None:
    (alien,) = find_items(cinema.runtime, {**CAMPAIGN, "itemIds": ["alien", "nothing"]})["items"]
    assert (alien["name"], alien["userCount"]) == ("Alien", 12)
    assert alien["attributes"]["YEAR"] == "1979" and alien["attributes"]["GENRES"] == "horror|space"


def test_upserted_item_has_its_new_attributes_and_image(cinema: Cinema) -> None:
    cinema.upserts.films["dune"] = {"TITLE": "Dune: Part Two", "IMAGE_URL": "https://shop.example/dune.png"}
    (dune,) = find_items(cinema.runtime, {**CAMPAIGN, "itemIds": ["dune"]})["items"]
    assert (dune["name"], dune["imageUrl"]) == ("Dune: Part Two", "https://shop.example/dune.png")


def test_image_that_is_no_web_address_is_not_an_image(cinema: Cinema) -> None:
    cinema.upserts.films["dune"] = {"TITLE": "Dune", "IMAGE_URL": "javascript:alert(1)"}
    (dune,) = find_items(cinema.runtime, {**CAMPAIGN, "itemIds": ["dune"]})["items"]
    assert "imageUrl" not in dune


def test_users_are_found_by_a_part_of_their_id(cinema: Cinema) -> None:
    answer = find_users(cinema.runtime, {**CAMPAIGN, "text": "AN"})
    assert answer == {
        "users": [{"userId": "ann", "attributes": {"AGE": "30"}, "eventCount": 2}],
        "matchCount": 1,
        "userCount": 2,
    }
    everybody = find_users(cinema.runtime, CAMPAIGN)
    assert [user["userId"] for user in everybody["users"]] == ["ann", "bob"]


def test_user_has_trained_and_streamed_events_newest_first(cinema: Cinema) -> None:
    cinema.saw("ann", "emma", start=100)
    answer = describe_user(cinema.runtime, {**CAMPAIGN, "userId": "ann"})
    assert [(event["itemId"], event["eventType"], event["streamed"]) for event in answer["events"]] == [
        ("emma", "view", True),
        ("dune", "buy", False),
        ("casablanca", "view", False),
    ]
    assert answer["user"] == {"userId": "ann", "attributes": {"AGE": "30"}, "eventCount": 3}
    newest = describe_user(cinema.runtime, {**CAMPAIGN, "userId": "ann", "maxResults": 1})
    assert [event["itemId"] for event in newest["events"]] == ["emma"]


def test_unknown_user_has_no_events(cinema: Cinema) -> None:
    answer = describe_user(cinema.runtime, {**CAMPAIGN, "userId": "zoe"})
    assert (answer["known"], answer["events"], answer["user"]["attributes"]) == (False, [], {})


def test_request_without_a_campaign_is_refused(cinema: Cinema) -> None:
    with pytest.raises(InvalidInput, match="campaignArn"):
        find_items(cinema.runtime, {"text": "alien"})
