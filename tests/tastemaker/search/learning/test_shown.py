"""Records of the log of searches."""

from tastemaker.search.learning.shown import MAX_CANDIDATES, Candidates, ShownSearch


def test_record_is_the_same_after_it_was_stored() -> None:
    hits = Candidates(["ä", None], [1.23456789, 0.0], [1, None], [0.000123456789, None])
    shown = ShownSearch(
        "RID-1", "arn", "search/x/weight-0.3", "shop", {"match": {"NAME": "größe"}}, 0.3, "ranks", 10, ["ä"],
        hits,
    )  # fmt: skip
    found = ShownSearch.decoded(shown.encoded())
    assert found.query == shown.query and found.shown == ["ä"] and found.start == 10
    assert found.candidates == Candidates(["ä", None], [1.23457, 0.0], [1, None], [0.000123457, None])


def test_query_with_half_of_a_surrogate_pair_is_stored() -> None:
    hits = Candidates(["a"], [1.0], [1], [0.1])
    shown = ShownSearch(
        "RID-1", "arn", "s", "shop", {"match": {"NAME": "shoe \ud83d"}}, 0.3, "ranks", 0, ["a"], hits
    )
    assert ShownSearch.decoded(shown.encoded()).query == {"match": {"NAME": "shoe ?"}}


def test_record_of_a_large_window_has_the_best_candidates() -> None:
    many = [f"item-{number:06}" for number in range(10_000)]
    hits = Candidates(many, [1.0] * 10_000, list(range(1, 10_001)), [0.1] * 10_000)
    shown = ShownSearch("RID-1", "arn", "s", "shop", {}, 0.3, "ranks", 0, many[:10], hits)
    data = shown.encoded()
    assert len(ShownSearch.decoded(data).candidates.items) == MAX_CANDIDATES
    assert len(data) < 5_000
