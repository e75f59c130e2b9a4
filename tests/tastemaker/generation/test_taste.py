from tastemaker.generation.item_facts import ItemFacts
from tastemaker.generation.taste import sentence, taste_of


def films(genre: str, year: str, count: int) -> list[ItemFacts]:
    return [
        ItemFacts(f"{genre}{n}", f"{genre} {n}", attributes={"GENRES": genre, "YEAR": year})
        for n in range(count)
    ]


CATALOG = [
    *films("Thriller", "1994", 10),
    *films("Animation", "2012", 10),
    *films("Western", "1965", 10),
    *films("Drama|Music", "2012", 10),
]


def test_usual_taste_of_the_model_is_named_before_newest_events() -> None:
    taste = taste_of(films("Thriller", "1994", 20), films("Animation", "2012", 4), CATALOG)
    assert [trait.value for trait in taste.usual] == ["Thriller", "1990"]
    assert sentence(taste, "en") == "Mostly Thriller and the 1990s, recently Animation and the 2010s"
    assert (
        sentence(taste, "de")
        == "Vor allem Thriller und die 1990er-Jahre, zuletzt Animation und die 2010er-Jahre"
    )


def test_what_everybody_has_is_no_taste() -> None:
    taste = taste_of(CATALOG, [], CATALOG)
    assert taste.usual == [] and sentence(taste, "en") == "No clear taste yet"


def test_events_like_the_usual_taste_are_not_named_twice() -> None:
    taste = taste_of(films("Western", "1965", 9), films("Western", "1965", 9), CATALOG)
    assert taste.recent == [] and "recently" not in sentence(taste, "en")


def test_trait_has_its_share_and_its_lift() -> None:
    trait = taste_of(films("Western", "1965", 9), [], CATALOG).usual[0]
    assert (trait.column, trait.value, trait.share, trait.lift) == ("GENRES", "Western", 1.0, 4.0)
