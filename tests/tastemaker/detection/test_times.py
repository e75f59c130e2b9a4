"""Times in every format."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tastemaker.detection import times
from tastemaker.detection.inputs import DetectionError
from tastemaker.detection.times import TimeFormat

NOON = int(datetime(2024, 2, 29, 12, 30, 15, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (str(NOON), "seconds"),
        (f"{NOON}.75", "seconds"),
        (f"{NOON}123", "milliseconds"),
        (f"{NOON}123456", "microseconds"),
        (f"{NOON}123456789", "nanoseconds"),
        ("2024-02-29T12:30:15Z", "ISO 8601"),
        ("2024-02-29 14:30:15.123 +02:00", "ISO 8601"),
        ("2024-02-29 12:30:15 UTC", "ISO 8601"),
        ("2024-02-29T07:30:15-0500", "ISO 8601"),
        ("2024/02/29 12:30:15", "year/month/day"),
        ("29.02.2024 12:30:15", "day.month.year"),
        ("02/29/2024 12:30:15 PM", "month/day/year"),
        ("29/02/2024, 12:30:15", "day/month/year"),
        ("29-FEB-24 12:30:15", "day month year"),
        ("Thu, 29 Feb 2024 12:30:15 GMT", "day month year"),
        ("29 févr. 2024 12:30:15", "day month year"),
        ("Feb 29, 2024, 12:30:15 PM", "month day, year"),
        ("29/Feb/2024:12:30:15 +0000", "day month year"),
        ("20240229123015", "digits"),
    ],
)
def test_format_is_detected_and_read(text: str, name: str) -> None:
    cells = pa.array([text, text])
    found = times.detect(cells)
    assert found is not None and found.name == name
    assert found.read(cells).to_pylist() == [NOON, NOON]


@pytest.mark.parametrize(
    "text", ["2024", "12345", "12:30", "2024-02-30", "ann", "1.5", "99999999999999999999"]
)
def test_text_that_is_no_time_is_not_taken_for_one(text: str) -> None:
    assert times.detect(pa.array([text] * 3)) is None


def test_days_of_a_spreadsheet_are_times_if_the_column_is_called_one() -> None:
    cells = pa.array(["45351.5210069444", "45351"])
    assert times.detect(cells) is None
    found = times.detect(cells, days=True)
    assert found is not None and found.read(cells).to_pylist() == [NOON, NOON - NOON % 86_400]


def test_cell_in_another_format_is_null() -> None:
    cells = pa.array(["2024-02-29", "never", "2024-13-01", None])
    assert TimeFormat("ISO 8601").read(cells).null_count == 3


def test_zone_applies_to_times_without_one() -> None:
    cells = pa.array(["2024-07-01 12:00:00", "2024-07-01 12:00:00Z"])
    berlin, utc = TimeFormat("ISO 8601").read(cells, "Europe/Berlin").to_pylist()
    assert utc - berlin == 7200


def test_unknown_zone_is_refused() -> None:
    with pytest.raises(DetectionError, match="Europe/Berlin"):
        TimeFormat("ISO 8601").read(pa.array(["2024-07-01"]), "Middle-Earth/Shire")


def test_times_that_are_close_together_decide_between_two_readings() -> None:
    days = pa.array([f"{day:02}/03/2024" for day in range(1, 12)])
    found = times.detect(days)
    assert found == TimeFormat("day/month/year", also="month/day/year")


def test_times_of_day_are_read_in_three_forms() -> None:
    assert times.seconds_of_day(pa.array(["13:05", "1:05 PM", "1305", "25h"])).to_pylist() == [
        47100,
        47100,
        47100,
        None,
    ]
