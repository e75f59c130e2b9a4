import pytest

from lambdas.support.status_events import detail
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import InvalidInput, LimitExceeded, ResourceInUse
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


def test_import_plan():
    here = world()
    dataset_arn = shop.dataset(here, shop.group(here))
    arn = shop.import_job(here, dataset_arn)
    assert here.workflows.last == ("import", {"datasetImportJobArn": arn})
    plan = WorkflowSteps(here.control).begin("import", {"datasetImportJobArn": arn}, "e1")
    assert plan == {
        "arn": arn,
        "datasetArn": dataset_arn,
        "datasetType": "INTERACTIONS",
        "schema": shop.avro(),
        "source": "s3://data/films.csv",
        "roleArn": shop.ROLE,
        "importMode": "FULL",
        "destination": "groups/films.00000001/datasets/INTERACTIONS.00000002/first/",
    }
    described = here.call("DescribeDatasetImportJob", datasetImportJobArn=arn)["datasetImportJob"]
    assert described["status"] == "CREATE IN_PROGRESS"


def test_full_import_replaces_and_incremental_import_appends():
    here = world()
    _, dataset_arn = shop.shop(here)

    def visible():
        return [
            one["prefix"].split("/")[-2]
            for one in here.control.records.find("Dataset", dataset_arn).body["_imports"]
        ]

    shop.imported(here, dataset_arn, "more", importMode="INCREMENTAL")
    assert visible() == ["first", "more"]
    shop.imported(here, dataset_arn, "again")
    assert visible() == ["again"]


def test_first_import_must_be_full():
    here = world()
    dataset_arn = shop.dataset(here, shop.group(here))
    with pytest.raises(InvalidInput, match="FULL"):
        shop.import_job(here, dataset_arn, importMode="INCREMENTAL")


@pytest.mark.parametrize("source", [{}, {"dataLocation": "https://data/x"}, {"dataLocation": "s3:///x"}])
def test_data_location_must_be_an_s3_location(source):
    here = world()
    dataset_arn = shop.dataset(here, shop.group(here))
    with pytest.raises(InvalidInput, match="dataLocation"):
        here.call("CreateDatasetImportJob", jobName="j", datasetArn=dataset_arn, dataSource=source)


def test_record_of_an_import_has_its_report():
    here = world()
    dataset_arn = shop.dataset(here, shop.group(here))
    request = {"datasetImportJobArn": shop.import_job(here, dataset_arn)}
    steps = WorkflowSteps(here.control)
    report = {"firstTimestamp": 1_600_000_000, "largestUser": None, "warnings": ["3 ids had blanks."]}
    result = {"rows": 5, "files": 1, "bytes": 99, "report": report}
    steps.succeed("import", request, steps.begin("import", request, "e1"), result)
    described = here.call("DescribeDatasetImportJob", **request)["datasetImportJob"]
    assert described["report"] == {
        "rows": 5, "files": 1, "bytes": 99, "firstTimestamp": 1_600_000_000, "warnings": ["3 ids had blanks."]
    }  # fmt: skip
    content = detail(here.changes[-1])
    assert content["report"] == described["report"] and content["warnings"] == ["3 ids had blanks."]


def test_failed_import_makes_no_data_visible():
    here = world()
    _, dataset_arn = shop.shop(here)
    arn = shop.import_job(here, dataset_arn, "bad")
    steps, request = WorkflowSteps(here.control), {"datasetImportJobArn": arn}
    plan = steps.begin("import", request, "e1")
    cause = '{"errorMessage": "line 3, column AGE: \'x\' is no int", "errorType": "BadRow"}'
    for _ in range(2):
        steps.fail("import", request, plan, {"Error": "BadRow", "Cause": cause}, "e1")
    job = here.call("DescribeDatasetImportJob", datasetImportJobArn=arn)["datasetImportJob"]
    assert (job["status"], job["failureReason"]) == ("CREATE FAILED", "line 3, column AGE: 'x' is no int")
    assert len(here.control.records.find("Dataset", dataset_arn).body["_imports"]) == 1
    steps.succeed("import", request, plan, {"rows": 5})
    assert here.control.records.find("DatasetImportJob", arn).status == "CREATE FAILED"


def test_repeated_success_adds_one_import():
    here = world()
    dataset_arn = shop.dataset(here, shop.group(here))
    arn = shop.import_job(here, dataset_arn)
    steps, request = WorkflowSteps(here.control), {"datasetImportJobArn": arn}
    plan = steps.begin("import", request, "e1")
    for _ in range(2):
        steps.succeed("import", request, plan, {"rows": 5, "files": 1, "bytes": 9})
    assert len(here.control.records.find("Dataset", dataset_arn).body["_imports"]) == 1
    with pytest.raises(ResourceInUse, match="runs once"):
        steps.begin("import", request, "e2")


def test_second_execution_is_refused():
    here = world()
    dataset_arn = shop.dataset(here, shop.group(here))
    request = {"datasetImportJobArn": shop.import_job(here, dataset_arn)}
    steps = WorkflowSteps(here.control)
    plan = steps.begin("import", request, "e1")
    with pytest.raises(ResourceInUse):
        steps.begin("import", request, "e2")
    steps.fail("import", request, {}, {"Cause": "runs once"}, "e2")
    assert here.control.records.find("DatasetImportJob", plan["arn"]).status == "CREATE IN_PROGRESS"


def test_job_fails_if_its_workflow_cannot_start():
    here = world()
    dataset_arn = shop.dataset(here, shop.group(here))
    here.workflows.refuse = "no permission to start"
    arn = shop.import_job(here, dataset_arn)
    job = here.call("DescribeDatasetImportJob", datasetImportJobArn=arn)["datasetImportJob"]
    assert (job["status"], job["failureReason"]) == ("CREATE FAILED", "no permission to start")


def test_import_quotas_are_enforced():
    here = world(quotas={"concurrentImportJobs": 1, "minimumImportInteractions": 1000})
    dataset_arn = shop.dataset(here, shop.group(here))
    shop.import_job(here, dataset_arn)
    with pytest.raises(LimitExceeded, match="More than 1 resources in PENDING or IN_PROGRESS status"):
        shop.import_job(here, dataset_arn, "second")
    request = {"datasetImportJobArn": "arn:aws:personalize:eu-west-1:123456789012:dataset-import-job/first"}
    steps = WorkflowSteps(here.control)
    plan = steps.begin("import", request, "e1")
    steps.succeed("import", request, plan, {"rows": 999})
    assert "fewer than 1000 interactions" in here.control.records.find_any(plan["arn"]).body["failureReason"]


def test_import_into_a_dataset_that_is_being_deleted_is_refused():
    here = world()
    dataset_arn = shop.dataset(here, shop.group(here))
    here.call("DeleteDataset", datasetArn=dataset_arn)
    with pytest.raises(ResourceInUse, match="DELETE PENDING"):
        shop.import_job(here, dataset_arn)
