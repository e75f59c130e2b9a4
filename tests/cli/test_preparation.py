"""Corrections that a user types."""

from cli.preparation import _corrected
from tastemaker.detection.mapping import Overrides


def test_corrections_are_added_to_what_was_given_before() -> None:
    before = Overrides({"user": "email"}, ignored=("notes",))
    found = _corrected(
        before, {"item": "sku", "ignore": "total", "format": "day/month/year", "zone": "Asia/Tokyo"}
    )
    assert found.columns == {"user": "email", "item": "sku"} and found.ignored == ("notes", "total")
    assert (found.time_format, found.zone) == ("day/month/year", "Asia/Tokyo")
