"""Cron expressions of EventBridge."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest

from local.scheduling.cron import is_cron_due

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("expression", "moment", "due"),
    [
        ("0 12 * * ? *", "2026-11-29T12:00", True),
        ("0 12 * * ? *", "2026-11-29T12:01", False),
        ("0/15 * * * ? *", "2026-11-29T07:45", True),
        ("5,35 8-10 ? * MON-FRI *", "2026-11-27T09:35", True),
        ("5,35 8-10 ? * MON-FRI *", "2026-11-29T09:35", False),  # a Sunday
        ("0 0 ? * 1 *", "2026-11-29T00:00", True),  # Sunday is the first day
        ("0 18 29 NOV ? 2026-2027", "2026-11-29T18:00", True),
        ("0 18 29 NOV ? 2027", "2026-11-29T18:00", False),
    ],
)
def test_minute_of_an_expression_is_due_when_it_begins(expression, moment, due):
    at = datetime.datetime.fromisoformat(moment).replace(tzinfo=datetime.UTC).timestamp()
    assert is_cron_due(expression, since=at - 0.5, until=at, timezone=UTC) is due
    assert not is_cron_due(expression, since=at, until=at + 59, timezone=UTC)  # it has begun before


def test_expression_is_in_its_time_zone():
    at = datetime.datetime(2026, 11, 29, 11, tzinfo=datetime.UTC).timestamp()
    assert is_cron_due("0 12 * * ? *", since=at - 1, until=at, timezone=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("0 12 L * ? *", "L is not evaluated here"),
        ("0 12 1W * ? *", "1W is not evaluated here"),
        ("0 12 ? * 2#1 *", "2#1 is not evaluated here"),
        ("0 12 ? * FRI-MON *", "FRI-MON is not evaluated here"),
        ("0 12 ? * 0 *", "0 is not evaluated here"),
        ("99 12 * * ? *", "99 is not evaluated here"),
        ("0/0 12 * * ? *", "0/0 is not evaluated here"),
        ("*-5 12 * * ? *", r"\*-5 is not evaluated here"),
        ("0 12 * * ? NEVER", "NEVER is not evaluated here"),
        ("0 12 * *", "does not have 6 fields"),
    ],
)
def test_expression_that_is_not_evaluated_is_an_error_that_names_the_part(expression, error):
    with pytest.raises(ValueError, match=error):
        is_cron_due(expression, since=0, until=60, timezone=UTC)
