"""The control function as AWS calls it, on AWS in memory."""

import json
from types import SimpleNamespace

import boto3
import pytest

from tastemaker.contracts.stage_summary import StageSummary
from tastemaker.contracts.workflow_names import WORKFLOWS
from tests.lambdas.aws import ROLE, TABLE

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:control"


@pytest.fixture
def invoke(resources_table, machines, monkeypatch):
    """Invoke the function with an event."""
    for name, arn in machines.items():
        monkeypatch.setenv(WORKFLOWS[name].machine_arn_variable, arn)
    monkeypatch.setenv("TASTEMAKER_RESOURCES_TABLE", TABLE)
    monkeypatch.setenv("TASTEMAKER_AUTHORIZATION", "off")
    monkeypatch.setenv("TASTEMAKER_SCHEDULE_GROUP", "default")
    monkeypatch.setenv("TASTEMAKER_SCHEDULE_ROLE_ARN", ROLE)
    monkeypatch.setenv("TASTEMAKER_QUOTAS", '{"schemas": 2}')
    monkeypatch.setenv("TASTEMAKER_DEPLOYMENT", StageSummary("dev", {"spotTraining": True}, 5, 9).to_json())
    from lambdas.control import handler

    handler._operations.cache_clear()
    context = SimpleNamespace(
        invoked_function_arn=ARN, function_name="control", memory_limit_in_mb=512, aws_request_id="r"
    )

    return lambda event: handler.handle(event, context)


@pytest.fixture
def call(invoke):
    """Send an operation. Returns (status, headers, document)."""

    def call(operation, prefix="AmazonPersonalize", **params):
        event = {
            "rawPath": "/",
            "headers": {"x-amz-target": f"{prefix}.{operation}"},
            "body": json.dumps(params),
            "requestContext": {"requestId": "r-1", "http": {"method": "POST"}, "accountId": "123456789012"},
        }
        result = invoke(event)
        return result["statusCode"], result["headers"], json.loads(result["body"] or "null")

    return call


def test_operations_write_records_and_start_workflows(call, machines):
    status, headers, created = call("CreateDatasetGroup", name="films")
    assert (status, headers["x-amzn-requestid"]) == (200, "r-1")
    group_arn = created["datasetGroupArn"]
    assert group_arn == "arn:aws:personalize:eu-west-1:123456789012:dataset-group/films"
    recipe = "arn:aws:personalize:::recipe/aws-user-personalization-v2"
    status, _, _ = call("CreateSolution", name="s", datasetGroupArn=group_arn, recipeArn=recipe)
    assert status == 200
    (schedule,) = boto3.client("scheduler", "eu-west-1").list_schedules(GroupName="default")["Schedules"]
    assert schedule["Target"]["Arn"] == machines["train"]
    call("DeleteSolution", solutionArn=group_arn.replace("dataset-group/films", "solution/s"))
    states = boto3.client("stepfunctions", "eu-west-1")
    (execution,) = states.list_executions(stateMachineArn=machines["delete"])["executions"]
    described = states.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"])["arn"].endswith("solution/s")


def test_targets_of_our_own_service_reach_its_operations(call):
    status, _, answer = call("DescribeDeployment", prefix="Tastemaker")
    deployment = answer["deployment"]
    assert (status, deployment["stage"], deployment["accountId"]) == (200, "dev", "123456789012")
    assert {"name": "spotTraining", "enabled": True} in deployment["features"]
    assert {"name": "schemas", "serviceDefault": 500, "limit": 2} in deployment["quotas"]
    assert {"name": "campaignsPerDatasetGroup", "serviceDefault": 5} in deployment["quotas"]


@pytest.mark.parametrize(
    ("prefix", "operation", "reason"),
    [
        ("Tastemaker", "ListRecipes", "tastemaker has no operation ListRecipes"),
        ("AmazonPersonalize", "DescribeDeployment", "personalize has no operation DescribeDeployment"),
        ("DynamoDB", "ListTables", "X-Amz-Target must be AmazonPersonalize.<operation>"),
    ],
)
def test_operations_of_other_services_are_unknown(call, prefix, operation, reason):
    status, headers, body = call(operation, prefix=prefix)
    assert (status, headers["x-amzn-errortype"]) == (400, "UnknownOperationException")
    assert reason in body["message"]


def test_errors_have_the_form_of_personalize(call):
    status, headers, body = call("DescribeSchema", schemaArn="arn:aws:personalize:eu-west-1:1:schema/nothing")
    assert status == 400
    assert headers["x-amzn-errortype"] == body["__type"] == "ResourceNotFoundException"


def test_lists_are_paged(call):
    for name in ("a", "b", "c"):
        call("CreateDatasetGroup", name=name)
    names: list[str] = []
    token: dict[str, str] = {}
    while True:
        _, _, page = call("ListDatasetGroups", maxResults=2, **token)
        names += [one["name"] for one in page["datasetGroups"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert names == ["c", "b", "a"]


def test_schedule_finds_nothing_to_reconcile_in_new_records(call, invoke):
    call("CreateDatasetGroup", name="films")
    assert invoke({"action": "reconcile"}) == {"started": 0, "settled": 0, "failed": 0}
