"""The declaring function as CloudFormation, Step Functions and schedules call it, on AWS in memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from tastemaker.contracts.workflow_names import WORKFLOWS
from tests.lambdas.aws import ROLE, TABLE
from tests.standard_schemas import avro

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:tastemaker-dev-declaring"
CONTEXT = SimpleNamespace(
    invoked_function_arn=ARN, function_name="declaring", memory_limit_in_mb=512, aws_request_id="r"
)


class Answers:
    """The answers that have been uploaded, oldest first."""

    def __init__(self, receiver):
        self._receiver = receiver

    def __iter__(self):
        return iter([json.loads(body) for _, body in self._receiver.received])

    def __getitem__(self, position):
        return list(self)[position]


@pytest.fixture
def answers(receiver):
    return Answers(receiver)


@pytest.fixture
def call(resources_table, machines, receiver, monkeypatch):
    """Calls the function, with requests whose answers go to the receiver."""
    for name, arn in machines.items():
        monkeypatch.setenv(WORKFLOWS[name].machine_arn_variable, arn)
    monkeypatch.setenv("TASTEMAKER_RESOURCES_TABLE", TABLE)
    monkeypatch.setenv("TASTEMAKER_SCHEDULE_GROUP", "default")
    monkeypatch.setenv("TASTEMAKER_SCHEDULE_ROLE_ARN", ROLE)
    from lambdas.declaring import handler

    handler._control.cache_clear()
    # The receiver plays the endpoint of a local run, for answers only.
    monkeypatch.setenv("AWS_ENDPOINT_URL", receiver.url)
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")

    def call(event):
        address = f"{receiver.url}/answer"
        if "ResponseURL" in event:
            event["ResponseURL"] = address
        elif "ResponseURL" in event.get("input", {}):  # what the execution gets, once the request has begun
            handler._addresses().keep(event["input"]["RequestId"], address)
            del event["input"]["ResponseURL"]
        return handler.handle(event, CONTEXT)

    return call


def request(kind="Create", **more):
    return {
        "RequestType": kind,
        "ServiceToken": ARN,
        "ResponseURL": "https://cloudformation-custom-resource.s3.eu-west-1.amazonaws.com/x",
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1",
        "RequestId": "5f0c2f4e-9c38-4d5a-8b43-3c3c2f1f8b11",
        "LogicalResourceId": "Schema",
        "ResourceType": "Custom::TastemakerSchema",
        "ResourceProperties": {"ServiceToken": ARN, "Schema": avro()},
        **more,
    }


def step(event, action="step", **more):
    return {"action": action, "input": event, "startedAt": "2026-11-29T01:00:00.123Z", **more}


def test_request_that_arrives_twice_starts_one_execution(call, machines):
    assert call(request()) == call(request())
    states = boto3.client("stepfunctions", "eu-west-1")
    (execution,) = states.list_executions(stateMachineArn=machines["declare"])["executions"]
    described = states.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["input"])["RequestId"] == request()["RequestId"]
    assert "answer" not in described["input"] and "ResponseURL" not in described["input"]
    assert execution["name"] == "Schema-5f0c2f4e-9c38-4d5a-8b43-3c3c2f1f8b11"


def test_step_creates_the_resource_and_answers(call, answers):
    assert call(step(request())) == {"done": True, "status": "SUCCESS"}
    (answer,) = answers
    arn = answer["PhysicalResourceId"]
    assert arn.startswith("arn:aws:personalize:eu-west-1:123456789012:schema/shop-Schema-")
    gone = request("Delete", PhysicalResourceId=arn)
    assert call(step(gone)) == {"done": True, "status": "SUCCESS"}


def test_step_after_the_answer_sends_nothing(call, answers):
    event = request()
    call(step(event))
    assert "ResponseURL" not in event
    assert call(step(event)) == {"done": True, "status": "SUCCESS"}
    assert len(list(answers)) == 1


def test_execution_of_an_earlier_version_answers_at_the_address_in_its_input(call, answers, receiver):
    from lambdas.declaring import handler

    earlier = {**request(), "ResponseURL": f"{receiver.url}/earlier"}
    assert handler.handle(step(earlier), CONTEXT)["status"] == "SUCCESS"
    assert len(list(answers)) == 1


def test_address_leaves_the_table_with_the_answer(call, receiver):
    call(request())
    table = boto3.resource("dynamodb", "eu-west-1").Table(TABLE)
    assert f"{receiver.url}/answer" in [item.get("target") for item in table.scan()["Items"]]
    call(step(request()))
    assert f"{receiver.url}/answer" not in [item.get("target") for item in table.scan()["Items"]]


def test_step_that_must_wait_says_when_to_try_again(call, answers):
    group = call_and_get(call, answers, "DatasetGroup", {})
    schema = call_and_get(call, answers, "Schema", {"Schema": avro()})
    references = {"DatasetGroupArn": group, "SchemaArn": schema, "DatasetType": "Interactions"}
    dataset = call_and_get(call, answers, "Dataset", references)
    source = {"DatasetArn": dataset, "DataSource": {"DataLocation": "s3://data/"}}
    event = request(ResourceType="Custom::TastemakerDatasetImportJob", ResourceProperties=source)
    sent = {**step(event), "startedAt": datetime.now(UTC).isoformat()}
    result = call(sent)
    assert (result["done"], result["seconds"]) == (False, 2) and "CREATE PENDING" in result["reason"]
    assert call(step(event, startedAt="2020-01-01T00:00:00Z"))["status"] == "FAILED"


def call_and_get(call, answers, name, properties):
    event = request(
        ResourceType=f"Custom::Tastemaker{name}", LogicalResourceId=name, ResourceProperties=properties
    )
    call(step(event))
    return answers[-1]["PhysicalResourceId"]


def test_function_that_fails_is_answered_without_its_details(call, answers):
    error = {"Error": "KeyError", "Cause": '{"errorMessage": "secret"}'}
    assert call(step(request(), "fail", error=error)) == {"done": True}
    (answer,) = answers
    assert answer["Status"] == "FAILED" and "KeyError" in answer["Reason"]
    assert "secret" not in answer["Reason"]


def test_failure_after_the_answer_leaves_the_resource_of_the_stack(call, answers):
    event = request()
    call(step(event))
    assert call(step(event, "fail", error={"Error": "Lambda.Unknown"})) == {"done": True}
    (answer,) = answers
    found = boto3.resource("dynamodb", "eu-west-1").Table(TABLE).scan()["Items"]
    assert answer["PhysicalResourceId"] in [item["arn"] for item in found]


def test_answer_counts_though_its_address_is_not_forgotten(call, answers):
    from lambdas.support.clients import _session

    def break_connection(**_):
        raise EndpointConnectionError(endpoint_url="dynamodb")

    _session().register("before-call.dynamodb.DeleteItem", break_connection)
    try:
        assert call(step(request()))["status"] == "SUCCESS"
    finally:
        _session().unregister("before-call.dynamodb.DeleteItem", break_connection)
    assert answers[0]["Status"] == "SUCCESS"


def test_execution_that_cannot_start_is_answered_at_once(call, answers, machines, monkeypatch):
    monkeypatch.setenv(WORKFLOWS["declare"].machine_arn_variable, machines["declare"] + "-gone")
    call(request())
    (answer,) = answers
    assert answer["Status"] == "FAILED" and "could not be started" in answer["Reason"]


def test_template_is_converted_with_the_function_as_its_token(call):
    fragment = {
        "Resources": {"Group": {"Type": "AWS::Personalize::DatasetGroup", "Properties": {"Name": "a"}}}
    }
    event = {"transformId": "123456789012::tastemaker-dev", "requestId": "q", "fragment": fragment}
    result = call(event)
    assert (result["requestId"], result["status"]) == ("q", "success")
    assert result["fragment"]["Resources"]["Group"]["Properties"] == {"ServiceToken": ARN, "Name": "a"}


def test_drift_of_a_stack_and_of_given_resources(call, answers):
    arn = call_and_get(call, answers, "Schema", {"Schema": avro()})
    (found,) = call({"action": "drift", "stackId": request()["StackId"]})["drift"]
    assert (found["arn"], found["status"]) == (arn, "IN_SYNC")
    (gone,) = call({"action": "drift", "arns": [arn + "-other"]})["drift"]
    assert gone["status"] == "DELETED"


def test_scheduled_job_of_an_unknown_dataset_is_an_error(call):
    dataset = "arn:aws:personalize:eu-west-1:123456789012:dataset/shop/ITEMS"
    properties = {"DatasetArn": dataset, "DataSource": {"DataLocation": "s3://data/"}}
    job = {"type": "DatasetImportJob", "name": "n", "time": "2026-11-29T03:00:00Z", "properties": properties}
    with pytest.raises(Exception, match="does not exist"):
        call({"action": "create", **job})


def test_event_of_nobody_is_an_error(call):
    with pytest.raises(ValueError, match="no request of CloudFormation"):
        call({"action": "steps"})
