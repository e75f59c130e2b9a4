import pytest

from tastemaker.control.core.records import MemoryRepository
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import Conflict, InvalidInput
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import SCOPE, world


class Contended(MemoryRepository):
    """Refuses the next writes, as if another writer had been faster."""

    refuse = 0

    def update(self, record):
        if self.refuse:
            self.refuse -= 1
            raise Conflict("busy")
        return super().update(record)


def test_step_is_repeated_after_a_conflict():
    repository = Contended()
    here = world(repository=repository)
    dataset_arn = shop.dataset(here, shop.group(here))
    arn = shop.import_job(here, dataset_arn)
    steps, request = WorkflowSteps(here.control), {"datasetImportJobArn": arn}
    repository.refuse = 3
    plan = steps.begin("import", request, "e")
    repository.refuse = 2
    steps.succeed("import", request, plan, {"rows": 3})
    assert here.control.records.find("DatasetImportJob", arn).status == "ACTIVE"
    assert len(here.control.records.find("Dataset", dataset_arn).body["_imports"]) == 1
    repository.refuse = 99
    with pytest.raises(Conflict):
        steps.begin("import", {"datasetImportJobArn": shop.import_job(here, dataset_arn, "second")}, "e")


def test_begin_refuses_invalid_inputs():
    steps = WorkflowSteps(world().control)
    for workflow, request, message in [
        ("import", {}, "datasetImportJobArn"),
        ("train", {"campaignArn": "x"}, "solutionArn"),
        ("delete", {"arn": "arn:aws:personalize:::recipe/aws-sims"}, "not the ARN of a resource"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            steps.begin(workflow, request, "e")
        steps.fail(workflow, request, {}, {"Cause": "as above"}, "e")


def test_begin_and_remove_need_a_resource_that_is_being_deleted():
    here = world()
    group_arn = shop.group(here)
    steps = WorkflowSteps(here.control)
    with pytest.raises(InvalidInput, match="through the API"):
        steps.begin("delete", {"arn": group_arn}, "e")
    steps.remove({"arn": group_arn})
    assert here.control.records.get(group_arn) is not None


def test_failed_deletion_can_be_requested_again():
    here = world()
    group_arn = shop.group(here)
    here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    steps, request = WorkflowSteps(here.control), {"arn": group_arn}
    plan = steps.begin("delete", request, "e1")
    steps.fail("delete", request, plan, {"Cause": "S3 says no"}, "e1")
    record = here.control.records.find("DatasetGroup", group_arn)
    assert (record.status, record.body["failureReason"]) == ("DELETE IN_PROGRESS", "S3 says no")
    here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    shop.finish_deletion(here, group_arn)
    assert here.control.records.get(SCOPE.arn("dataset-group/films")) is None
    steps.remove(request)


def test_listener_receives_every_status_change():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.deployed(here, shop.trained(here, shop.solution(here, group_arn)))
    seen = [(change.before, change.after) for change in here.changes if change.record.arn == arn]
    assert seen == [
        (None, "CREATE PENDING"),
        ("CREATE PENDING", "CREATE IN_PROGRESS"),
        ("CREATE IN_PROGRESS", "ACTIVE"),
    ]
    here.call("UpdateCampaign", campaignArn=arn, minProvisionedTPS=2)
    assert (here.changes[-1].part, here.changes[-1].after) == ("latestCampaignUpdate", "CREATE PENDING")


def test_settle_fails_the_record_that_waits_for_the_execution():
    here = world()
    group_arn, dataset_arn = shop.shop(here)
    steps, aborted = WorkflowSteps(here.control), {"Error": "ABORTED", "Cause": None}

    job = shop.import_job(here, dataset_arn, "second")
    request = {"datasetImportJobArn": job}
    steps.begin("import", request, "execution:i1")
    steps.settle("import", request, aborted, "execution:other")
    assert here.control.records.find_any(job).status == "CREATE IN_PROGRESS"
    for _ in range(2):
        steps.settle("import", request, aborted, "execution:i1")
    assert here.control.records.find_any(job).body["failureReason"] == "ABORTED"

    version_arn = shop.version(here, shop.solution(here, group_arn))
    name = list(here.workflows.started)[-1]
    steps.settle("train", {"solutionVersionArn": version_arn}, aborted, f"execution:train:{name}")
    assert here.control.records.find_any(version_arn).status == "CREATE FAILED"
    steps.settle("train", {"solutionVersionArn": version_arn + "x"}, aborted, "execution:train:x")


def test_settle_ignores_executions_other_than_that_of_the_update():
    here = world()
    group_arn, _ = shop.shop(here)
    arn = shop.deployed(here, shop.trained(here, shop.solution(here, group_arn)))
    first = list(here.workflows.started)[-1]
    here.call("UpdateCampaign", campaignArn=arn, minProvisionedTPS=2)
    second = list(here.workflows.started)[-1]
    steps, request = WorkflowSteps(here.control), {"campaignArn": arn}
    steps.settle("deploy", request, {"Error": "TIMED_OUT"}, f"execution:deploy:{first}")
    assert here.control.records.find_any(arn).body["latestCampaignUpdate"]["status"] == "CREATE PENDING"
    steps.settle("deploy", request, {"Error": "TIMED_OUT"}, f"execution:deploy:{second}")
    assert here.control.records.find_any(arn).body["latestCampaignUpdate"]["status"] == "CREATE FAILED"
    assert here.control.records.find_any(arn).status == "ACTIVE"


def test_settled_deletion_can_be_requested_again():
    here = world()
    group_arn = shop.group(here)
    here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    WorkflowSteps(here.control).settle(
        "delete", {"arn": group_arn}, {"Error": "TIMED_OUT"}, "execution:delete:x"
    )
    here.call("DeleteDatasetGroup", datasetGroupArn=group_arn)
    shop.finish_deletion(here, group_arn)
    assert here.call("ListDatasetGroups")["datasetGroups"] == []


def test_repeated_steps_have_the_same_effect():
    here = world()
    group_arn, dataset_arn = shop.shop(here)
    version_arn = shop.version(here, shop.solution(here, group_arn))
    steps, request = WorkflowSteps(here.control), {"solutionVersionArn": version_arn}
    assert steps.begin("train", request, "e") == steps.begin("train", request, "e")
    assert steps.begin("train", request, "another execution")["skip"]
    shop.imported(here, dataset_arn, "second", importMode="INCREMENTAL")
    record = here.control.records.find("Dataset", dataset_arn)
    assert [one["jobArn"].rsplit("/")[-1] for one in record.body["_imports"]] == ["first", "second"]
