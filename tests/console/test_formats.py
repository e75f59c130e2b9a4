from datetime import UTC, datetime, timedelta

import pytest

from console import formats


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "just now"), (300, "5 min ago"), (7_200, "2 h ago"), (4 * 86_400, "4 days ago")],
)
def test_time_is_shown_in_words(seconds: float, words: str) -> None:
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    assert f">{words}</time>" in formats.ago(moment)


def test_figures_are_written_for_people() -> None:
    assert formats.number(1234567) == "1,234,567"
    assert (formats.figure(0.12345), formats.figure(1234.5)) == ("0.1235", "1,234")
    assert (formats.percent(0.034), formats.percent(0.5)) == ("3.4 %", "50 %")
    assert (formats.size(999), formats.size(1536), formats.size(4_063_436)) == (
        "999 bytes",
        "1.5 KB",
        "4.1 MB",
    )
    assert (formats.duration(0.25), formats.duration(95)) == ("250 ms", "1 min 35 s")


def test_what_is_missing_is_a_dash() -> None:
    assert {formats.FILTERS[name](None) for name in ("number", "figure", "size", "duration", "date")} == {"–"}


@pytest.mark.parametrize(
    ("status", "style"),
    [
        ("ACTIVE", "good"),
        ("CREATE FAILED", "bad"),
        ("CREATE IN_PROGRESS", "busy"),
        ("CREATE STOPPED", "off"),
        (None, "off"),
    ],
)
def test_status_has_a_style(status: str | None, style: str) -> None:
    assert formats.status_class(status) == style


def test_width_is_a_share_of_the_largest() -> None:
    assert [formats.width(value, 200) for value in (0, 0.1, 50, 200, 900)] == [
        "w0",
        "w1",
        "w25",
        "w100",
        "w100",
    ]
    assert formats.width(1, 0) == "w0"


def test_names_become_words() -> None:
    assert formats.words_of("mean_reciprocal_rank_at_25") == "Mean reciprocal rank at 25"
    assert formats.words_of("eventsPerUser") == "Events per user"
    assert formats.name_of("arn:aws:personalize:eu-west-1:1:campaign/films") == "films"


def test_small_amounts_have_four_decimals() -> None:
    assert (formats.usd(0.01234), formats.usd(12.345), formats.usd(None)) == ("0.0123 USD", "12.35 USD", "–")
