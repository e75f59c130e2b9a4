"""Every job, killed after each of its writes and started again, ends as one that was never disturbed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tastemaker.contracts.table_keys import profile_key
from tests.infrastructure.account import Account, account
from tests.infrastructure.conftest import Assembly, definitions_of
from tests.tastemaker.control import shop
from tests.tastemaker.serving.films import write_bundle

Request = tuple[str, dict[str, Any]]
"""A workflow and its input."""
POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"
VIEWED = "arn:aws:personalize:::recipe/aws-ecomm-popular-items-by-views"
ROWS = "".join(
    f"{user},dune,{time},view,\n" for user in ("ann", "bob") for time in (1_700_000_001, 1_700_000_002)
)
CSV = f"USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE\n{ROWS}"
DELETED = {"Bucket": "data", "Key": "gone.csv", "Body": b"USER_ID\nann\n"}
OUT = {"s3DataDestination": {"path": "s3://out/"}}


def importing(on: Account) -> Request:
    on.s3.put_object(Bucket="data", Key="films.csv", Body=CSV.encode())
    return "import", {
        "datasetImportJobArn": shop.import_job(on.here, shop.dataset(on.here, shop.group(on.here)))
    }


def imported(on: Account) -> str:
    """A group with data; its ARN."""
    assert on.run(*importing(on))
    return on.here.control.ports.scope.arn("dataset-group/films")


def training(on: Account) -> Request:
    solution = shop.solution(on.here, imported(on), recipeArn=POPULAR)
    return "train", {"solutionVersionArn": shop.version(on.here, solution)}


def trained(on: Account) -> str:
    workflow, request = training(on)
    assert on.run(workflow, request)
    return str(request["solutionVersionArn"])


def recommender(on: Account) -> Request:
    group = shop.group(on.here, "films", domain="ECOMMERCE")
    schema = shop.schema(on.here, domain="ECOMMERCE")
    dataset = shop.dataset(on.here, group, schema_arn=schema)
    on.s3.put_object(Bucket="data", Key="films.csv", Body=CSV.encode())
    assert on.run("import", {"datasetImportJobArn": shop.import_job(on.here, dataset)})
    made = on.here.call("CreateRecommender", name="r", datasetGroupArn=group, recipeArn=VIEWED)
    return "train", {"recommenderArn": made["recommenderArn"]}


def deploying(on: Account) -> Request:
    return "deploy", {"campaignArn": shop.campaign(on.here, trained(on))}


def updating(on: Account) -> Request:
    workflow, request = deploying(on)
    assert on.run(workflow, request)
    on.here.call("UpdateCampaign", **request, minProvisionedTPS=2)
    return workflow, request


def batch(on: Account, **more: Any) -> Request:
    version = trained(on)
    users = "".join(json.dumps({"userId": user}) + "\n" for user in ("ann", "nobody"))
    for name in ("a", "b"):
        on.s3.put_object(Bucket="data", Key=f"users/{name}.json", Body=users.encode())
    made = on.here.call(
        "CreateBatchInferenceJob",
        jobName="j",
        solutionVersionArn=version,
        jobInput={"s3DataSource": {"path": "s3://data/users/"}},
        jobOutput=OUT,
        roleArn=shop.ROLE,
        **more,
    )
    return "batch", {"batchInferenceJobArn": made["batchInferenceJobArn"]}


def serving(on: Account) -> Request:
    """A batch job whose lists are served."""
    return batch(on, tags=[{"tagKey": "tastemaker:serve-days", "tagValue": "7"}])


def served(on: Account) -> str:
    """Where such a job has put its lists; the solution points there."""
    assert on.run(*serving(on))
    solution = on.here.control.records.find_any(on.here.control.ports.scope.arn("solution/for-you"))
    assert on.dynamodb.scan(TableName="recommendations")["Count"] == 2
    return str(solution.body["_lists"]["version"])


def export(on: Account) -> Request:
    imported(on)
    dataset = on.here.control.ports.scope.arn("dataset/films/INTERACTIONS")
    made = on.here.call(
        "CreateDatasetExportJob",
        jobName="e",
        datasetArn=dataset,
        ingestionMode="ALL",
        roleArn=shop.ROLE,
        jobOutput=OUT,
    )
    return "export", {"datasetExportJobArn": made["datasetExportJobArn"]}


def data_deletion(on: Account) -> Request:
    served(on)
    group = on.here.control.ports.scope.arn("dataset-group/films")
    for user in ("ann", "bob"):
        row = {
            "profile": {"S": profile_key(shop.storage(on.here, group).event_group, user)},
            "event": {"S": "1#e"},
        }
        on.dynamodb.put_item(TableName="profiles", Item=row)
    put = "".join(json.dumps([user, {}, 1.0]) + "\n" for user in ("ann", "bob"))
    on.lake.write(shop.folder(on.here, group).training("s", "1").upserts("USERS"), put)
    on.s3.put_object(**DELETED)
    source = {"dataLocation": "s3://data/gone.csv"}
    made = on.here.call(
        "CreateDataDeletionJob", jobName="d", datasetGroupArn=group, roleArn=shop.ROLE, dataSource=source
    )
    return "data-deletion", {"dataDeletionJobArn": made["dataDeletionJobArn"]}


def deleting(on: Account) -> Request:
    served(on)
    arn = on.here.control.ports.scope.arn("solution/for-you")
    on.here.call("DeleteSolution", solutionArn=arn)
    return "delete", {"arn": arn}


JOBS: list[Callable[[Account], Request]] = [
    importing, training, recommender, deploying, updating, batch, serving, export, data_deletion, deleting
]  # fmt: skip
WAYS = {
    "tried again": {"again": True, "abort": False},
    "failed": {"again": False, "abort": False},
    "aborted": {"again": False, "abort": True},
}
"""What becomes of an execution whose function is killed: its state is tried again, it fails and says so on
the record, or it is stopped and settled from outside. After the last two a person starts it again."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.__name__)
def test_killed_job_has_the_same_result_after_its_restart(
    assembly: Assembly,
    job: Callable[[Account], Request],
    way: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    definitions = definitions_of(assembly.templates["local"])
    bundle = write_bundle(tmp_path / "bundle", "popularity")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def end(killed_after: int) -> tuple[dict[str, Any], int, bool]:
        """What is left, how many writes that took, and whether there were as many to be killed after."""
        with account(definitions, bundle, monkeypatch) as on:
            workflow, request = job(on)
            on.reaper.writes, on.reaper.due = 0, killed_after
            done = on.run(workflow, request, **WAYS[way])
            writes = on.reaper.writes
            if not done:
                on.run(workflow, request)
            return on.state(), writes, done

    undisturbed, writes, done = end(0)
    assert done and writes > 1
    for place in range(1, writes + 1):
        left, _, _ = end(place)
        assert differences(left, undisturbed) == {}, f"killed after write {place} of {writes}"


def differences(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return {
        name: (left.get(name), right.get(name))
        for name in left.keys() | right.keys()
        if left.get(name) != right.get(name)
    }
