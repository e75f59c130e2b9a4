"""Failure reasons are sentences for people: ours stand alone, others have their type and their task."""

import pytest

from tastemaker.errors import InvalidInput
from tastemaker.failures import AccessRefused, InvalidLocation, WorkFailedError, reason_for


@pytest.mark.parametrize("error", [WorkFailedError("no rows"), InvalidInput("no rows")])
def test_error_for_people_stands_alone(error: Exception) -> None:
    assert reason_for(error, "file a.csv") == "no rows"


def test_other_error_has_its_task_and_type_on_one_line() -> None:
    assert reason_for(KeyError(), "file a.csv") == "file a.csv: KeyError"
    assert reason_for(ValueError("a\n  b"), "part 3") == "part 3: ValueError: a b"


def test_reasons_have_the_phrases_that_programs_look_for() -> None:
    assert str(InvalidLocation("s3://b/k", "gone")) == "Invalid data location: s3://b/k: gone"
    assert str(AccessRefused("x")).startswith("Insufficient privileges for accessing data in S3")
