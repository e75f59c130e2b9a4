"""Dataset export jobs: their plan and lifecycle."""

import pytest

from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.errors import InvalidInput, ResourceInUse
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


@pytest.fixture
def here():
    return world()


def export(here, dataset_arn, **more):
    target = {"s3DataDestination": {"path": "s3://out/", "kmsKeyArn": "key"}}
    request = {"jobName": "e", "datasetArn": dataset_arn, "roleArn": shop.ROLE, "jobOutput": target, **more}
    return here.call("CreateDatasetExportJob", **request)["datasetExportJobArn"]


def test_export_plan_lists_imports_and_the_job_succeeds_once(here):
    _, dataset_arn = shop.shop(here)
    shop.imported(here, dataset_arn, "second", importMode="INCREMENTAL")
    arn = export(here, dataset_arn, ingestionMode="ALL")
    assert here.workflows.last == ("export", {"datasetExportJobArn": arn})
    steps, request = WorkflowSteps(here.control), {"datasetExportJobArn": arn}
    plan = steps.begin("export", request, "e")
    first, second = plan["imports"]
    assert first["prefix"].endswith("/INTERACTIONS.00000002/first/") and first["at"] < second["at"]
    assert (plan["mode"], plan["output"], plan["kmsKeyArn"]) == ("ALL", "s3://out/", "key")
    assert steps.begin("export", request, "e") == plan
    for _ in range(2):
        steps.succeed("export", request, plan, {"rows": 3, "bytes": 40})
    described = here.call("DescribeDatasetExportJob", datasetExportJobArn=arn)["datasetExportJob"]
    assert described["status"] == "ACTIVE" and described["_rows"] == 3
    with pytest.raises(ResourceInUse, match="once"):
        steps.begin("export", request, "another")


def test_ingestion_mode_is_put_by_default(here):
    arn = export(here, shop.shop(here)[1])
    assert here.control.records.find_any(arn).body["ingestionMode"] == "PUT"
    with pytest.raises(InvalidInput, match="s3://"):
        export(
            here,
            here.control.records.find_any(arn).body["datasetArn"],
            jobOutput={"s3DataDestination": {"path": "x"}},
        )
