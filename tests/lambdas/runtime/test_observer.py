"""The observer writes to the function's metrics and log."""

import pytest

from lambdas.runtime.observer import PowertoolsObserver


def test_count_emits_a_cloudwatch_metric_with_its_dimensions(capsys: pytest.CaptureFixture[str]) -> None:
    PowertoolsObserver().count("StoredAnswers", reason="failure")
    written = capsys.readouterr().out.replace(" ", "")
    assert '"StoredAnswers":[1' in written and '"reason":"failure"' in written


def test_exception_logs_the_current_exception_with_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("damaged")
    except ValueError:
        PowertoolsObserver().exception("failed", arn="arn:campaign")
    (record,) = caplog.records
    assert record.levelname == "ERROR" and record.message == "failed"
    assert record.exc_info is not None and "damaged" in str(record.exc_info[1])
    assert record.__dict__["arn"] == "arn:campaign"
    assert record.funcName == "test_exception_logs_the_current_exception_with_its_fields"
