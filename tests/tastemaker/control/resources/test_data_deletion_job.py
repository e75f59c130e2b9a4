"""Data deletion jobs: their plan and lifecycle."""

import pytest

from tastemaker.control.workflows.steps import WorkflowSteps
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


@pytest.fixture
def here():
    return world()


def deletion(here, group_arn):
    source = {"dataLocation": "s3://in/gone.csv"}
    request = {"jobName": "d", "datasetGroupArn": group_arn, "roleArn": shop.ROLE, "dataSource": source}
    return here.call("CreateDataDeletionJob", **request)["dataDeletionJobArn"]


def test_data_deletion_plan_and_completion(here):
    group_arn, _ = shop.shop(here)
    users = shop.dataset(here, group_arn, "Users")
    shop.dataset(here, group_arn, "Items")
    arn = deletion(here, group_arn)
    assert here.control.records.find_any(arn).status == "PENDING"
    steps, request = WorkflowSteps(here.control), {"dataDeletionJobArn": arn}
    plan = steps.begin("data-deletion", request, "e")
    assert here.control.records.find_any(arn).status == "IN_PROGRESS"
    assert {one["type"]: one["visible"] for one in plan["datasets"]} == {
        "INTERACTIONS": ["groups/films.00000001/datasets/INTERACTIONS.00000002/first/"],
        "USERS": [],
    }
    assert users in [one["arn"] for one in plan["datasets"]]
    assert plan["prefixes"] == [plan["folder"]] and plan["work"].startswith("groups/films.00000001/erase/d-")
    assert steps.begin("data-deletion", request, "e") == plan
    steps.succeed("data-deletion", request, plan, {"numDeleted": 12})
    steps.succeed("data-deletion", request, plan, {"numDeleted": 0})
    body = here.control.records.find_any(arn).body
    assert (body["status"], body["numDeleted"]) == ("COMPLETED", 12)
    steps.fail("data-deletion", request, plan, {"Cause": "late"}, "e")
    assert here.control.records.find_any(arn).status == "COMPLETED"
    # Started again, it only clears away.
    again = {"arn": arn, "prefixes": [plan["folder"]], "done": True}
    assert steps.begin("data-deletion", request, "another") == again


def test_failed_data_deletion_stores_the_reason_of_its_task_and_can_run_again(here):
    arn = deletion(here, shop.shop(here)[0])
    steps, request = WorkflowSteps(here.control), {"dataDeletionJobArn": arn}
    plan = steps.begin("data-deletion", request, "e")
    here.lake.write(f"{plan['folder']}failure.txt", "no such column")
    steps.fail("data-deletion", request, plan, {"Cause": "a threshold"}, "e")
    body = here.control.records.find_any(arn).body
    assert (body["status"], body["failureReason"]) == ("FAILED", "no such column")

    # A person mends the file and starts the machine again with the same input.
    assert steps.begin("data-deletion", request, "second") == plan
    assert "failureReason" not in here.control.records.find_any(arn).body
    steps.fail("data-deletion", request, plan, {"Cause": "the first one, late"}, "e")
    assert here.control.records.find_any(arn).status == "IN_PROGRESS"
    steps.fail("data-deletion", request, plan, {"Cause": "out of time"}, "second")
    assert here.control.records.find_any(arn).body["failureReason"] == "out of time"


def test_data_deletion_removes_folders_of_failed_batch_jobs(here):
    group_arn, _ = shop.shop(here)
    version = shop.trained(here, shop.solution(here, group_arn))
    batch = here.call(
        "CreateBatchInferenceJob",
        jobName="j",
        solutionVersionArn=version,
        jobInput={"s3DataSource": {"path": "s3://in/users.json"}},
        jobOutput={"s3DataDestination": {"path": "s3://out/"}},
        roleArn=shop.ROLE,
    )["batchInferenceJobArn"]
    steps, request = WorkflowSteps(here.control), {"batchInferenceJobArn": batch}
    left = steps.begin("batch", request, "e")["folder"]
    steps.fail("batch", request, {}, {"Cause": "x"}, "e")
    plan = steps.begin("data-deletion", {"dataDeletionJobArn": deletion(here, group_arn)}, "e")
    assert plan["left"] == [left]
