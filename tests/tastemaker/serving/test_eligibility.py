"""Which items may appear: filters, upserts, unknown ids and the items that a use case hides."""

from pathlib import Path

import numpy as np
import pytest

from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.serving.eligibility import allowed_items, preferred_items, rankable_items, requested_filter
from tastemaker.serving.query import Query
from tests.tastemaker.serving.films import PREFIX, Cinema

SPACE = 'INCLUDE ItemID WHERE Items.GENRES IN ("space")'
OWN = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'
NO_SPACE = 'EXCLUDE ItemID WHERE Items.GENRES IN ("space")'


def query(cinema: Cinema, campaign: str = "v1", user: str | None = "bob", item: str | None = None) -> Query:
    endpoint = cinema.runtime.records.endpoint(f"{PREFIX}campaign/{campaign}")
    return Query(cinema.runtime, endpoint, user, item)


def allowed(cinema: Cinema, asked: Query, filter_arn: str | None = None) -> list[str]:
    mask = allowed_items(asked, filter_arn, None)
    items = asked.loaded.bundle.items
    return items.tolist() if mask is None else items.take(np.flatnonzero(mask.flags))


def test_all_items_are_allowed_without_a_filter(cinema: Cinema) -> None:
    assert allowed_items(query(cinema), None, None) is None


def test_current_item_is_never_allowed(cinema: Cinema) -> None:
    assert allowed(cinema, query(cinema, "similar", item="dune")) == ["alien", "brazil", "casablanca", "emma"]


def test_use_case_hides_items_with_its_event_type(cinema: Cinema) -> None:
    arn = cinema.deploy("best", "aws-ecomm-recommended-for-you", "sequence")
    cinema.saw("bob", "brazil", event_type="purchase")
    endpoint = cinema.runtime.records.endpoint(arn)
    asked = Query(cinema.runtime, endpoint, "bob")
    assert allowed(cinema, asked) == ["alien", "casablanca", "dune", "emma"]
    everything = cinema.filter("all", "INCLUDE ItemID WHERE Items.YEAR > 0")
    assert allowed(cinema, asked, everything) == ["alien", "casablanca", "dune"]


def test_hiding_does_not_change_the_cached_mask_of_the_filter(cinema: Cinema) -> None:
    space = cinema.filter("space", SPACE)
    assert allowed(cinema, query(cinema, "similar", item="dune"), space) == ["alien"]
    assert allowed(cinema, query(cinema, "similar", item="emma"), space) == ["alien", "dune"]


def test_upserted_items_are_judged_by_their_new_properties(cinema: Cinema) -> None:
    cinema.upserts.films = {"emma": {"GENRES": "love|space"}, "alien": {"GENRES": "horror"}}
    assert allowed(cinema, query(cinema), cinema.filter("space", SPACE)) == ["dune", "emma"]


def test_upserts_are_only_read_for_filters(cinema: Cinema) -> None:
    cinema.items("v1", userId="bob")
    assert cinema.upserts.reads == 0
    cinema.items("v1", userId="bob", filterArn=cinema.filter("space", SPACE))
    assert cinema.upserts.reads == 1


def test_upserted_user_properties_decide_about_if(cinema: Cinema) -> None:
    young = cinema.filter("young", f"{SPACE} IF CurrentUser.AGE < 18")
    assert len(cinema.items("v1", userId="ann", filterArn=young)) == 5
    cinema.upserts.users = {"ann": ({"AGE": 9}, 5_000.0), "new": ({"AGE": 10}, 5_000.0)}
    assert sorted(cinema.items("v1", userId="ann", filterArn=young)) == ["alien", "dune"]
    assert sorted(cinema.items("v1", userId="new", filterArn=young)) == ["alien", "dune"]


def test_user_properties_of_the_bundle_win_over_older_upserts(cinema: Cinema) -> None:
    cinema.bundles.loaded["s3://lake/sequence/"].bundle.manifest["created"] = 6_000.0
    cinema.upserts.users = {"ann": ({"AGE": 9}, 5_000.0), "new": ({"AGE": 10}, 5_000.0)}
    young = cinema.filter("young", f"{SPACE} IF CurrentUser.AGE < 18")
    assert len(cinema.items("v1", userId="ann", filterArn=young)) == 5
    assert len(cinema.items("v1", userId="new", filterArn=young)) == 2, "the bundle does not have this user"


def test_events_filter_applies_to_upserted_items(cinema: Cinema) -> None:
    unseen = cinema.filter("unseen", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")')
    cinema.upserts.films = {"dune": {"GENRES": "sand"}}
    assert "dune" not in cinema.items("v1", userId="ann", filterArn=unseen)
    assert "dune" in cinema.items("v1", userId="bob", filterArn=unseen)


def test_current_item_is_compared_by_its_upserted_properties(cinema: Cinema) -> None:
    older = cinema.filter("older", "INCLUDE ItemID WHERE Items.YEAR < CurrentItem.YEAR")
    cinema.upserts.films = {"brazil": {"YEAR": 1950}}
    assert cinema.items("similar", itemId="brazil", filterArn=older) == ["casablanca"]
    assert cinema.items("similar", itemId="alien", filterArn=older) == ["brazil", "casablanca"]


@pytest.mark.parametrize(("expression", "kept"), [(SPACE, {"solaris"}), (NO_SPACE, {"amelie", "nobody"})])
def test_unknown_ids_are_judged_by_upserts_or_as_without_properties(
    cinema: Cinema, expression: str, kept: set[str]
) -> None:
    cinema.upserts.films = {"solaris": {"GENRES": "space"}, "amelie": {"GENRES": "love"}}
    asked = query(cinema, "ranking")
    ids = ["amelie", "nobody", "solaris"]
    assert rankable_items(asked, ids, cinema.filter("f", expression), None)[1] == kept
    assert rankable_items(asked, ids, None, None) == (None, set(ids))


def test_ranking_keeps_upserted_items_that_the_filter_allows(cinema: Cinema) -> None:
    cinema.upserts.films = {"solaris": {"GENRES": "space"}, "amelie": {"GENRES": "love"}}
    films = ("amelie", "dune", "nobody", "solaris")
    ranked = cinema.ranked(*films, userId="bob", filterArn=cinema.filter("space", SPACE))
    assert [item["itemId"] for item in ranked] == ["dune", "solaris"]
    assert "score" not in ranked[1]


def test_requested_filter_must_exist_be_active_and_have_values_only_with_it(cinema: Cinema) -> None:
    endpoint = query(cinema).endpoint
    pending = cinema.add("filter/new", status="CREATE IN_PROGRESS")
    assert requested_filter(cinema.runtime, endpoint, None) is None
    with pytest.raises(InvalidInput, match="filterValues need a filterArn"):
        requested_filter(cinema.runtime, endpoint, None, {"A": "1"})
    with pytest.raises(InvalidInput, match="not the ARN of a filter"):
        requested_filter(cinema.runtime, endpoint, f"{PREFIX}campaign/v1")
    with pytest.raises(InvalidInput, match="CREATE IN_PROGRESS"):
        requested_filter(cinema.runtime, endpoint, pending)
    with pytest.raises(ResourceNotFound):
        requested_filter(cinema.runtime, endpoint, f"{PREFIX}filter/unknown")


def test_filter_is_compiled_once(cinema: Cinema) -> None:
    endpoint, arn = query(cinema).endpoint, cinema.filter("space", SPACE)
    assert requested_filter(cinema.runtime, endpoint, arn) is requested_filter(cinema.runtime, endpoint, arn)


def test_lists_prefer_live_items_in_a_catalog_that_turns_over(cinema: Cinema) -> None:
    cinema.turn_over("sequence", "brazil", "dune", "emma")
    assert set(cinema.items("v2", userId="bob", numResults=3)) == {"brazil", "dune", "emma"}


def test_idle_items_fill_up_a_list_behind_the_live_ones_and_keep_their_scores(
    cinema: Cinema, tmp_path: Path
) -> None:
    steady = Cinema(tmp_path / "steady").ask("v2", userId="bob", numResults=5)["itemList"]
    before = {item["itemId"]: item["score"] for item in steady}
    cinema.turn_over("sequence", "dune", "emma")
    after = cinema.ask("v2", userId="bob", numResults=4)["itemList"]
    assert [item["itemId"] for item in after] == ["dune", "emma", "alien", "brazil"]
    assert [item["score"] for item in after] == [before[item["itemId"]] for item in after]
    assert before["alien"] > before["dune"], "an idle item would be first"


def test_lists_of_live_items_keep_to_the_filter(cinema: Cinema) -> None:
    cinema.turn_over("sequence", "brazil", "dune", "emma")
    space = cinema.filter("space", SPACE)
    assert cinema.items("v1", userId="bob", filterArn=space, numResults=1) == ["dune"]
    assert cinema.items("v1", userId="bob", filterArn=space, numResults=2) == ["dune", "alien"]


def test_requests_with_one_filter_share_the_mask_of_its_live_items(cinema: Cinema) -> None:
    cinema.turn_over("sequence", "alien", "brazil", "emma")
    asked, arn = query(cinema, user="ann"), cinema.filter("f", SPACE)
    one, other = (preferred_items(asked, allowed_items(asked, arn, None), 1).allowed for _ in range(2))
    assert one is not None and other is not None
    assert isinstance(one.shared, np.ndarray) and one.shared is other.shared


def test_similar_items_are_live_and_popularity_counts_all(cinema: Cinema) -> None:
    for model in ("similar", "popularity"):
        cinema.turn_over(model, "casablanca", "emma")
    assert cinema.items("similar", itemId="dune", numResults=2) == ["casablanca", "emma"]
    assert cinema.items("popular", userId="bob", numResults=2) == ["alien", "brazil"]
