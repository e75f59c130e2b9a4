"""What functions log about refusals and failures."""

import pytest
from botocore.exceptions import ClientError

from lambdas.support import observability


def log(monkeypatch: pytest.MonkeyPatch, *, verbose: bool) -> None:
    monkeypatch.setattr(observability, "VERBOSE", verbose)
    observability.log_refusal("ann is not a number", operation="PutEvents", code="InvalidInputException")
    try:
        try:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "ann"}}, "GetItem")
        except ClientError as cause:
            raise RuntimeError("the profile of ann") from cause
    except RuntimeError:
        observability.log_exception("failed", operation="GetRecommendations")


def test_log_has_no_text_of_an_error_by_default(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    log(monkeypatch, verbose=False)
    refused, failed = (record.__dict__ for record in caplog.records)
    assert (refused["operation"], refused["code"]) == ("PutEvents", "InvalidInputException")
    assert [error["type"] for error in failed["errors"]] == ["RuntimeError", "ClientError"]
    assert (failed["errors"][1]["code"], failed["errors"][1]["call"]) == ("AccessDenied", "GetItem")
    assert "ann" not in repr((refused, failed)).replace("channel", "")


def test_log_level_debug_adds_the_texts(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    log(monkeypatch, verbose=True)
    refused, failed = caplog.records
    assert refused.__dict__["reason"] == "ann is not a number"
    assert failed.exc_info is not None and str(failed.exc_info[1]) == "the profile of ann"
