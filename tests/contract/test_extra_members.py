"""The optional members that we add to operations of Personalize, for clients with and without the overlay."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ParamValidationError

from scripts.client_models import TARGET
from tastemaker.control import registry
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.wire import Service
from tests.contract.server import running
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

ANSWER = {"itemList": [{"itemId": "dune", "score": 0.5}], "recommendationId": "RID-1"}
EVENT = {"itemId": "alien", "eventType": "view", "timestamp": 100, "influence": 0.25}
SOURCE = "stored; reason=cold-start; job=nightly; as-of=1970-01-01T00:15:00Z"


def get_recommendations(params: dict[str, Any]) -> dict[str, Any]:
    """An answer with explanations if the request has `explain`, and from a list if the user is "listed"."""
    answer: dict[str, Any] = dict(ANSWER)
    if params.get("explain"):
        answer["explanations"] = [{"itemId": "dune", "because": [EVENT]}]
    if params.get("userId") == "listed":
        answer["source"] = SOURCE
    return answer


@pytest.fixture(scope="module")
def client_with() -> Iterator[Callable[[str], Any]]:
    """Makes a client whose botocore searches a folder for models, besides its own."""
    with running(Service("personalize-runtime"), {"GetRecommendations": get_recommendations}) as endpoint:

        def client(models: str) -> Any:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("AWS_DATA_PATH", models)
                session = boto3.Session("key", "secret", region_name="eu-west-1")
                config = Config(retries={"max_attempts": 0})
                return session.client("personalize-runtime", endpoint_url=endpoint, config=config)

        yield client


def members(response: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def test_client_with_the_overlay_gets_explanations_only_if_it_asks(client_with):
    client = client_with(str(TARGET))
    assert members(client.get_recommendations(userId="ann")) == ANSWER
    explained = client.get_recommendations(userId="ann", explain=True)
    ((event,),) = [one["because"] for one in explained["explanations"]]
    assert event == {**EVENT, "timestamp": datetime.fromtimestamp(100, event["timestamp"].tzinfo)}


def test_client_with_the_overlay_gets_the_source_of_an_answer_from_a_list(client_with):
    client = client_with(str(TARGET))
    assert "source" not in client.get_recommendations(userId="ann")
    assert client.get_recommendations(userId="listed")["source"] == SOURCE


def test_unmodified_client_gets_exactly_the_answer_of_the_service(client_with):
    client = client_with("")
    for user in ("ann", "listed"):
        assert members(client.get_recommendations(userId=user)) == ANSWER
    with pytest.raises(ParamValidationError, match="explain"):
        client.get_recommendations(userId="ann", explain=True)


def test_body_has_no_member_that_the_service_does_not_have():
    service = Service("personalize-runtime")
    plain = service.serialize("GetRecommendations", get_recommendations({"userId": "ann"}))
    listed = service.serialize("GetRecommendations", get_recommendations({"userId": "listed"}))
    assert listed.body == plain.body
    assert listed.headers == {**plain.headers, "x-tastemaker-source": SOURCE}


def test_report_of_an_import_and_warnings_of_a_training_are_read_with_boto3():
    here = world()
    group = shop.group(here)
    job = shop.import_job(here, shop.dataset(here, group))
    steps, request = WorkflowSteps(here.control), {"datasetImportJobArn": job}
    plan = steps.begin("import", request, "e")
    here.lake.write(f"{plan['destination']}part-0.parquet", "")
    suspicious = [{"id": "NaN", "rows": 3}]
    report = {"firstTimestamp": 1_600_000_000, "suspiciousIds": suspicious, "warnings": ["3 rows have NaN."]}
    steps.succeed("import", request, plan, {"rows": 5, "files": 1, "bytes": 99, "report": report})
    version = shop.version(here, shop.solution(here, group))
    request = {"solutionVersionArn": version}
    plan = steps.begin("train", request, "t")
    folder = f"{plan['outputPath']}{plan['jobName']}/output/model/".removeprefix("s3://lake/")
    left_out = "1 record of ITEMS was left out: stock of i9 does not fit long."
    manifest = {"metrics": {}, "counts": {}, "warnings": [], "data": {"upsertWarnings": [left_out]}}
    here.lake.write(f"{folder}bundle.json", json.dumps(manifest))
    steps.succeed("train", request, plan, {"TrainingTimeInSeconds": 36})

    with running(Service("personalize"), registry.operations(here.control)) as endpoint:
        for models, seen in ((str(TARGET), True), ("", False)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("AWS_DATA_PATH", models)
                session = boto3.Session("key", "secret", region_name="eu-west-1")
                client = session.client("personalize", endpoint_url=endpoint)
                imported = client.describe_dataset_import_job(datasetImportJobArn=job)["datasetImportJob"]
                trained = client.describe_solution_version(**request)["solutionVersion"]
            assert (imported["status"], trained["status"]) == ("ACTIVE", "ACTIVE")
            if seen:
                assert (imported["report"]["rows"], imported["report"]["files"]) == (5, 1)
                assert imported["report"]["suspiciousIds"] == suspicious
                assert imported["report"]["warnings"] == ["3 rows have NaN."]
                assert trained["warnings"] == [left_out]
            else:
                assert "report" not in imported and "warnings" not in trained
