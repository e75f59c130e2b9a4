import pytest

from lambdas.declaring.jobs import JobNotStartedError, create_job
from tastemaker.declaration.rehearsal import Rehearsal
from tastemaker.errors import InvalidInput
from tests.tastemaker.declaration.shop import deployed

TIME = "2026-11-29T03:00:00Z"


@pytest.fixture
def shop():
    here = Rehearsal()
    return here, deployed(here)


def event(arns, **more):
    properties = {"DatasetArn": arns["Interactions"], "DataSource": {"DataLocation": "s3://data/"}}
    job = {"type": "DatasetImportJob", "name": "nightly", "time": TIME, "properties": properties}
    return {**job, **more}


def test_job_of_a_scheduled_time_is_created_once(shop):
    here, arns = shop
    first, second = (create_job(here.lifecycle, event(arns)) for _ in range(2))
    assert first == second and first["arn"].endswith("dataset-import-job/nightly-20261129T030000Z")
    later = create_job(here.lifecycle, event(arns, time="2026-11-30T03:00:00Z"))
    assert later != first


def test_job_writes_below_a_folder_of_its_time(shop):
    here, arns = shop
    version = arns["ForYou"] + "/$LATEST"
    properties = {
        "SolutionVersionArn": version,
        "JobInput": {"S3DataSource": {"Path": "s3://data/users.json"}},
        "JobOutput": {"S3DataDestination": {"Path": "s3://data/lists"}},
        "RoleArn": "arn:aws:iam::123456789012:role/batch",
    }
    made = create_job(here.lifecycle, event(arns, type="BatchInferenceJob", properties=properties))
    body = here.control.records.find("BatchInferenceJob", made["arn"]).body
    assert body["jobOutput"]["s3DataDestination"]["path"] == "s3://data/lists/20261129T030000Z/"
    assert body["solutionVersionArn"] == arns["Version"]


def test_job_that_cannot_start_is_an_error_so_that_lambda_repeats_it(shop):
    here, arns = shop
    wrong = {"DatasetArn": arns["Interactions"] + "X", "DataSource": {"DataLocation": "s3://data/"}}
    with pytest.raises(JobNotStartedError, match="does not exist"):
        create_job(here.lifecycle, event(arns, properties=wrong))


def test_resource_that_is_no_job_is_refused(shop):
    here, arns = shop
    with pytest.raises(InvalidInput, match="Campaign is no job"):
        create_job(here.lifecycle, event(arns, type="Campaign"))
