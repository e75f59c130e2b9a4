"""Metrics of jobs from status changes."""

from dataclasses import replace

import pytest

from lambdas.support.job_metrics import JobMetricsListener
from tastemaker.control.core.ports import StatusChange
from tastemaker.control.core.records import Record
from tests.lambdas.support import emf

PREFIX = "arn:aws:personalize:eu-west-1:123456789012:"
IMPORT = Record(
    f"{PREFIX}dataset-import-job/j",
    "DatasetImportJob",
    {"datasetArn": f"{PREFIX}dataset/shop/INTERACTIONS", "_bytes": 900, "_rows": 30},
    created_at=100.0,
)
VERSION = Record(
    f"{PREFIX}solution/s/1",
    "SolutionVersion",
    {"solutionArn": f"{PREFIX}solution/s", "_counts": {"interactions": 7}},
    created_at=100.0,
)


def told(*changes: StatusChange) -> list[StatusChange]:
    """Report changes at the time 160. Returns what is passed on."""
    passed: list[StatusChange] = []
    listener = JobMetricsListener(passed.append, clock=lambda: 160.0)
    for change in changes:
        listener(change)
    return passed


def test_created_import_counts_as_a_request(capsys: pytest.CaptureFixture[str]) -> None:
    change = StatusChange(IMPORT, None, "CREATE PENDING")
    assert told(change, StatusChange(IMPORT, "CREATE PENDING", "CREATE IN_PROGRESS"))[0] == change
    (datum,) = emf.metrics(capsys.readouterr().out)
    assert (datum.name, datum.value) == ("DatasetImportJobRequests", 1)
    assert datum.dimensions == {
        "DatasetGroupArn": f"{PREFIX}dataset-group/shop",
        "DatasetArn": f"{PREFIX}dataset/shop/INTERACTIONS",
        "DatasetImportJobArn": IMPORT.arn,
    }


def test_successful_import_reports_its_duration_and_size(capsys: pytest.CaptureFixture[str]) -> None:
    told(StatusChange(IMPORT, "CREATE IN_PROGRESS", "ACTIVE"))
    assert emf.values(capsys.readouterr().out) == {
        "DatasetImportJobExecutionTime": 60.0,
        "DatasetSize": 900,
        "DatasetImportJobRows": 30,
    }


def test_failed_training_reports_an_error_and_its_duration(capsys: pytest.CaptureFixture[str]) -> None:
    told(StatusChange(VERSION, "CREATE IN_PROGRESS", "CREATE FAILED"))
    found = emf.metrics(capsys.readouterr().out)
    assert {datum.name: datum.value for datum in found} == {
        "SolutionTrainingJobError": 1,
        "SolutionTrainingJobExecutionTime": 60.0,
    }
    dimensions = {"SolutionArn": f"{PREFIX}solution/s", "SolutionVersionArn": VERSION.arn}
    assert all(datum.dimensions == dimensions for datum in found)


def test_successful_training_reports_its_interactions(capsys: pytest.CaptureFixture[str]) -> None:
    told(StatusChange(VERSION, "CREATE IN_PROGRESS", "ACTIVE"))
    assert emf.values(capsys.readouterr().out)["SolutionTrainingJobInteractions"] == 7


def test_duration_is_never_negative_when_the_clocks_of_two_functions_differ(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told(StatusChange(replace(IMPORT, created_at=160.4), "CREATE IN_PROGRESS", "ACTIVE"))
    assert emf.values(capsys.readouterr().out)["DatasetImportJobExecutionTime"] == 0.0


def test_data_deletion_job_ends_with_a_status_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    body = {"datasetGroupArn": f"{PREFIX}dataset-group/shop"}
    job = Record(f"{PREFIX}data-deletion-job/d", "DataDeletionJob", body, created_at=100.0)
    told(StatusChange(job, "IN_PROGRESS", "FAILED"))
    assert emf.values(capsys.readouterr().out)["DataDeletionJobError"] == 1


def test_update_of_a_recommender_is_timed_from_its_own_creation(capsys: pytest.CaptureFixture[str]) -> None:
    update = {"status": "ACTIVE", "creationDateTime": 150.0}
    record = Record(f"{PREFIX}recommender/r", "Recommender", {"latestRecommenderUpdate": update})
    told(StatusChange(record, "CREATE IN_PROGRESS", "ACTIVE", "latestRecommenderUpdate"))
    assert emf.values(capsys.readouterr().out) == {"RecommenderTrainingJobExecutionTime": 10.0}


@pytest.mark.parametrize(
    ("before", "after"), [("INACTIVE", "ACTIVE"), (None, "ACTIVE"), ("ACTIVE", "INACTIVE")]
)
def test_changes_that_are_no_job_emit_nothing(
    capsys: pytest.CaptureFixture[str], before: str | None, after: str
) -> None:
    told(StatusChange(Record(f"{PREFIX}recommender/r", "Recommender", {}), before, after))
    told(StatusChange(Record(f"{PREFIX}campaign/c", "Campaign", {}), "CREATE IN_PROGRESS", "ACTIVE"))
    assert capsys.readouterr().out == ""
