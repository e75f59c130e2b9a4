"""The observer writes to the function's metrics and log."""

import json

import pytest

from lambdas.support.observer import LambdaObserver


def test_count_emits_a_cloudwatch_metric_with_its_dimensions(capsys: pytest.CaptureFixture[str]) -> None:
    LambdaObserver().count("StoredAnswers", reason="failure")
    line = json.loads(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["service", "reason"]]
    assert (line["StoredAnswers"], line["reason"]) == (1, "failure")


def test_exception_logs_types_and_lines_but_not_the_text(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("user-17 bought socks")
    except ValueError:
        LambdaObserver().exception("failed", arn="arn:campaign")
    (record,) = caplog.records
    assert record.levelname == "ERROR" and record.message == "failed"
    (error,) = record.__dict__["errors"]
    assert error["type"] == "ValueError"
    assert error["lines"][0].startswith(__file__)
    assert "user-17" not in repr(record.__dict__)
    assert record.__dict__["arn"] == "arn:campaign"
    assert record.funcName == "test_exception_logs_types_and_lines_but_not_the_text"
