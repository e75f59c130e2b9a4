from console.answers import Answer, Entry, changes, differences, quoted
from console.resources import Endpoint

CAMPAIGN = Endpoint("campaign", "c", "arn:c", "ACTIVE", "aws-user-personalization-v2")


def answer(*items: str) -> Answer:
    return Answer(CAMPAIGN, [Entry(item, None, "", (), ()) for item in items])


def test_changes_name_what_is_new_what_moved_and_what_left() -> None:
    found = changes(["a", "b", "c"], ["c", "a", "d"])
    assert found.new == {"d"} and found.gone == ["b"]
    assert found.moves == {"c": 2, "a": -1}
    assert found.count == 3
    assert changes(["a"], ["a"]).count == 0


def test_two_lists_have_the_place_of_each_item_in_the_other_one() -> None:
    assert differences([answer("a", "b"), answer("b", "z")]) == [{"b": 1, "z": 2}, {"a": 1, "b": 2}]
    assert differences([answer("a")]) == [{}]


def test_values_of_placeholders_are_quoted_one_by_one() -> None:
    assert quoted({"GENRES": "Comedy, Sci-Fi", "EMPTY": ""}) == {"GENRES": '"Comedy","Sci-Fi"'}


def test_endpoints_know_whom_they_answer_for() -> None:
    assert not CAMPAIGN.needs_item and not CAMPAIGN.ranks
    together = Endpoint("recommender", "r", "arn:r", "ACTIVE", "aws-ecomm-frequently-bought-together")
    assert together.needs_item and not together.needs_viewer
    assert Endpoint("recommender", "r", "arn:r", "ACTIVE", "aws-vod-more-like-x").needs_viewer
    assert Endpoint("campaign", "r", "arn:r", "ACTIVE", "aws-personalized-ranking-v2").ranks
