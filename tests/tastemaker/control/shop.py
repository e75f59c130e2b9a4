"""Resources of a small shop. Each function creates one resource, with what it needs, and returns its ARN."""

import json
from typing import Any

from tastemaker.contracts.arns import dataset_arn as arn_of_dataset
from tastemaker.contracts.dataset_storage import DatasetStorage, group_folder
from tastemaker.contracts.lake_layout import GroupFolder
from tastemaker.control.core.datasets import storage_of
from tastemaker.control.workflows.steps import WorkflowSteps
from tests.standard_schemas import avro
from tests.tastemaker.control.fakes import World

__all__ = ["avro"]

RECIPE = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
ROLE = "arn:aws:iam::123456789012:role/import"
METRICS = {"coverage": 0.5, "precision_at_5": 0.25}


def group(world: World, name: str = "films", **more: Any) -> str:
    return world.call("CreateDatasetGroup", name=name, **more)["datasetGroupArn"]


def schema(world: World, dataset_type: str = "Interactions", name: str | None = None, **more: Any) -> str:
    created = world.call(
        "CreateSchema", name=name or f"films-{dataset_type}", schema=avro(dataset_type), **more
    )
    return created["schemaArn"]


def dataset(
    world: World, group_arn: str, dataset_type: str = "Interactions", schema_arn: str | None = None
) -> str:
    created = world.call(
        "CreateDataset",
        name=f"films-{dataset_type}",
        datasetType=dataset_type,
        datasetGroupArn=group_arn,
        schemaArn=schema_arn or schema(world, dataset_type),
    )
    return created["datasetArn"]


def folder(world: World, group_arn: str) -> GroupFolder:
    """The folder of a group in the lake."""
    return group_folder(world.control.records.find_any(group_arn).body)


def storage(world: World, group_arn: str, dataset_type: str = "INTERACTIONS") -> DatasetStorage:
    """Where the data of a group's dataset are."""
    return storage_of(world.control.records.find_any(arn_of_dataset(group_arn, dataset_type)))


def import_job(world: World, dataset_arn: str, name: str = "first", **more: Any) -> str:
    created = world.call(
        "CreateDatasetImportJob",
        jobName=name,
        datasetArn=dataset_arn,
        dataSource={"dataLocation": "s3://data/films.csv"},
        roleArn=ROLE,
        **more,
    )
    return created["datasetImportJobArn"]


def imported(world: World, dataset_arn: str, name: str = "first", rows: int = 1000, **more: Any) -> str:
    """Create an import job that has succeeded, with its file in the lake."""
    arn = import_job(world, dataset_arn, name, **more)
    finish_import(world, arn, rows)
    return arn


def finish_import(world: World, arn: str, rows: int = 1000) -> None:
    """Run the workflow of an import until it succeeds, with its file in the lake."""
    steps, request = WorkflowSteps(world.control), {"datasetImportJobArn": arn}
    plan = steps.begin("import", request, f"execution-{arn}")
    world.lake.write(f"{plan['destination']}part-00000.parquet", "rows", world.clock.now)
    steps.succeed("import", request, plan, {"rows": rows, "files": 1, "bytes": 10, "maxTimestamp": None})


def shop(world: World) -> tuple[str, str]:
    """Create a group with an Interactions dataset that has data. Returns both ARNs."""
    group_arn = group(world)
    dataset_arn = dataset(world, group_arn)
    imported(world, dataset_arn)
    return group_arn, dataset_arn


def solution(world: World, group_arn: str, name: str = "for-you", **more: Any) -> str:
    request = {"recipeArn": RECIPE, "performAutoTraining": False, **more}
    return world.call("CreateSolution", name=name, datasetGroupArn=group_arn, **request)["solutionArn"]


def version(world: World, solution_arn: str, **more: Any) -> str:
    return world.call("CreateSolutionVersion", solutionArn=solution_arn, **more)["solutionVersionArn"]


def finish_training(
    world: World, arn: str, member: str = "solutionVersionArn", *, megabytes: int = 1
) -> dict[str, Any]:
    """Run the train workflow of a version or recommender until it succeeds. Returns its plan.

    `megabytes` is the size of the model.
    """
    steps, request = WorkflowSteps(world.control), {member: arn}
    plan = steps.begin("train", request, f"execution-{arn}")
    folder = plan["outputPath"].removeprefix("s3://lake/") + f"{plan['jobName']}/output/model/"
    world.lake.write(f"{folder}bundle.json", json.dumps({"metrics": METRICS, "counts": {"items": 5}}))
    world.lake.sizes[f"{folder}bundle.json"] = megabytes << 20
    steps.succeed("train", request, plan, {"TrainingTimeInSeconds": 1800})
    return plan


def fail_training(world: World, arn: str, reason: str) -> None:
    """Run the train workflow of a version until it fails."""
    steps, request = WorkflowSteps(world.control), {"solutionVersionArn": arn}
    execution = f"execution-{arn}"
    plan = steps.begin("train", request, execution)
    steps.fail("train", request, plan, {"Cause": reason}, execution)


def trained(world: World, solution_arn: str, **more: Any) -> str:
    arn = version(world, solution_arn, **more)
    finish_training(world, arn)
    return arn


def campaign(world: World, version_arn: str, name: str = "home", **more: Any) -> str:
    return world.call("CreateCampaign", name=name, solutionVersionArn=version_arn, **more)["campaignArn"]


def finish_deployment(world: World, arn: str) -> None:
    steps, request = WorkflowSteps(world.control), {"campaignArn": arn}
    plan = steps.begin("deploy", request, f"execution-{arn}")
    steps.succeed("deploy", request, plan, {})


def deployed(world: World, version_arn: str, name: str = "home", **more: Any) -> str:
    arn = campaign(world, version_arn, name, **more)
    finish_deployment(world, arn)
    return arn


def served_job(world: World, version_arn: str, name: str = "nightly", **more: Any) -> str:
    """Create a batch inference job whose lists are served for a week."""
    request = {
        "jobInput": {"s3DataSource": {"path": "s3://in/users.json"}},
        "jobOutput": {"s3DataDestination": {"path": "s3://out/"}},
        "roleArn": ROLE,
        "tags": [{"tagKey": "tastemaker:serve-days", "tagValue": "7"}],
        **more,
    }
    created = world.call("CreateBatchInferenceJob", jobName=name, solutionVersionArn=version_arn, **request)
    return created["batchInferenceJobArn"]


def finish_report(world: World, arn: str, execution: str = "next") -> dict[str, Any]:
    """Run the workflow of a metric attribution until it succeeds. Returns its plan."""
    steps, request = WorkflowSteps(world.control), {"metricAttributionArn": arn}
    plan = steps.begin("attribution", request, execution)
    for _ in range(2):
        steps.succeed("attribution", request, plan, {"events": 0, "imports": 0})
    return plan


def finish_deletion(world: World, arn: str) -> dict[str, Any]:
    """Run the delete workflow without its purge, which the function does. Returns its plan."""
    steps, request = WorkflowSteps(world.control), {"arn": arn}
    plan = steps.begin("delete", request, f"execution-{arn}")
    steps.remove(request)
    return plan
