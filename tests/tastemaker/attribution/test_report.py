"""The report, byte by byte."""

from tastemaker.attribution import Figure, Metric
from tastemaker.attribution.report import FLUSH_ROWS, csv_bytes, file_name

METRICS = [
    Metric("countWatches", "watch", "samplecount"),
    Metric("INCOME", "BUY", "sum", "ITEMS", "PRICE"),
]


def test_file_name_is_that_of_the_service() -> None:
    name = file_name(1_700_049_600.25)
    assert name == "AggregatedAttributionMetrics - BULK - 20231115T120000.250000Z.csv"
    assert file_name(1_700_049_600.75) != name


def test_rows_have_the_columns_of_the_service() -> None:
    figures = [
        Figure("countWatches", "arn:aws:personalize:us-west-2:1:recommender/a", 1666925100, 12, 12.0, 1, 1),
        Figure("INCOME", 'mail, "spring"', 1666924200, 2, 9.5, 4.0, 5.5),
    ]
    assert b"".join(csv_bytes(figures, METRICS)).decode() == (
        "METRIC_NAME,EVENT_TYPE,VALUE,MATH_FUNCTION,EVENT_ATTRIBUTION_SOURCE,TIMESTAMP\n"
        "COUNTWATCHES,WATCH,12.0,samplecount,arn:aws:personalize:us-west-2:1:recommender/a,1666925100\n"
        'INCOME,BUY,9.5,sum,"MAIL, ""SPRING""",1666924200\n'
    )


def test_empty_report_has_a_header() -> None:
    assert b"".join(csv_bytes([], METRICS)).count(b"\n") == 1


def test_long_report_is_written_in_pieces() -> None:
    figures = [Figure("INCOME", "s", 900 * n, 1, 1.0, 1.0, 1.0) for n in range(FLUSH_ROWS + 1)]
    pieces = list(csv_bytes(figures, METRICS))
    assert len(pieces) == 2 and b"".join(pieces).count(b"\n") == FLUSH_ROWS + 2
