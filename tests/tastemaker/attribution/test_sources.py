"""The source of an event."""

from tastemaker.attribution import Sources
from tastemaker.attribution.sources import MAX_NAMED_SOURCES, UNDEFINED
from tastemaker.contracts import recommendation_ids

HOME, MAIL = (f"arn:aws:personalize:eu-west-1:123456789012:campaign/{name}" for name in ("home", "mail"))


def test_recommendation_id_leads_to_its_campaign() -> None:
    sources = Sources([HOME, MAIL])
    assert [sources.of(None, recommendation_ids.new(arn)) for arn in (MAIL, HOME, MAIL)] == [MAIL, HOME, MAIL]


def test_named_source_has_precedence_over_recommendation_id() -> None:
    assert Sources([HOME]).of("newsletter", recommendation_ids.new(HOME)) == "newsletter"


def test_event_without_source_is_undefined() -> None:
    sources = Sources([HOME])
    assert sources.of(None, None) == sources.of("", "") == UNDEFINED
    assert sources.of(None, "RID-of-somebody-else") == sources.of(None, "R") == UNDEFINED
    assert sources.of(None, recommendation_ids.new(MAIL)) == UNDEFINED


def test_at_most_a_hundred_sources_keep_their_names() -> None:
    sources = Sources([HOME], named=["first"])
    found = [sources.of(f"partner-{number}", None) for number in range(MAX_NAMED_SOURCES)]
    assert found == [f"partner-{number}" for number in range(MAX_NAMED_SOURCES - 1)] + [UNDEFINED]
    assert sources.of("first", None) == "first" and sources.of(None, recommendation_ids.new(HOME)) == HOME
    assert len(sources.named) == MAX_NAMED_SOURCES
