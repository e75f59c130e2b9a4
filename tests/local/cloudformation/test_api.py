"""CloudFormation's API as ordinary clients call it: boto3 here, and so the AWS CLI, the CDK and Terraform."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.cloudformation.conftest import ended, reasons, refused
from tests.local.conftest import unique


def template(**resources: str) -> str:
    return json.dumps({"Resources": {name: {"Type": kind} for name, kind in resources.items()}})


@pytest.fixture
def cloudformation(local: Any) -> Any:
    return local.client("cloudformation")


def test_stack_of_other_services_is_created(cloudformation) -> None:
    cloudformation.create_stack(StackName="workshop", TemplateBody=template(Data="AWS::S3::Bucket"))
    assert (
        cloudformation.describe_stacks(StackName="workshop")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    )


def create(cloudformation: Any, **resources: Any) -> str:
    """The name of a new stack without a custom resource, which is complete."""
    name = unique("plain")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    assert ended(cloudformation, name)["StackStatus"] == "CREATE_COMPLETE", reasons(cloudformation, name)
    return name


QUEUE_ARN = {"Fn::GetAtt": ["Queue", "Arn"]}
DOCUMENT = {"Version": "2012-10-17", "Statement": []}


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::SNS::Subscription", {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": QUEUE_ARN}),
        ("AWS::SNS::TopicPolicy", {"Topics": [{"Ref": "Topic"}], "PolicyDocument": DOCUMENT}),
        ("AWS::SQS::QueuePolicy", {"Queues": [{"Ref": "Queue"}], "PolicyDocument": DOCUMENT}),
    ],
)
def test_plain_stack_has_types_that_moto_passes_over(cloudformation, kind, properties) -> None:
    others = {"Topic": {"Type": "AWS::SNS::Topic"}, "Queue": {"Type": "AWS::SQS::Queue"}}
    name = create(cloudformation, **others, One={"Type": kind, "Properties": properties})
    found = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    assert {one["ResourceType"] for one in found} == {"AWS::SNS::Topic", "AWS::SQS::Queue", kind}


def test_plain_stack_has_notifications_of_buckets_and_definitions_in_buckets(local, cloudformation) -> None:
    s3, inbox = local.client("s3"), unique("inbox")
    called = {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": QUEUE_ARN}]}
    bucket = {"BucketName": inbox, "NotificationConfiguration": called}
    create(
        cloudformation,
        Queue={"Type": "AWS::SQS::Queue"},
        Inbox={"Type": "AWS::S3::Bucket", "Properties": bucket},
    )
    assert s3.get_bucket_notification_configuration(Bucket=inbox)["QueueConfigurations"]
    definition = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}
    s3.put_object(Bucket=inbox, Key="machine.json", Body=json.dumps(definition).encode())
    place = {"Bucket": inbox, "Key": "machine.json"}
    properties = {"RoleArn": "arn:aws:iam::123456789012:role/anything", "DefinitionS3Location": place}
    name = create(
        cloudformation, Machine={"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    )
    (machine,) = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    found = local.client("stepfunctions").describe_state_machine(
        stateMachineArn=machine["PhysicalResourceId"]
    )
    assert json.loads(found["definition"]) == definition


@pytest.mark.parametrize("operation", ["create_stack", "create_change_set"])
def test_stack_with_resources_of_personalize_is_refused(cloudformation, operation) -> None:
    more = {"ChangeSetName": "first", "ChangeSetType": "CREATE"} if operation == "create_change_set" else {}
    body = template(Data="AWS::S3::Bucket", Films="AWS::Personalize::Schema")
    with pytest.raises(ClientError, match=r"Unrecognized resource types: \[AWS::Personalize::Schema\]"):
        getattr(cloudformation, operation)(StackName="recommender", TemplateBody=body, **more)
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName="recommender")


@pytest.mark.parametrize(
    ("transform", "name"),
    [
        (["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"], "AWS::LanguageExtensions"),
        ({"Name": "AWS::Include", "Parameters": {}}, "AWS::Include"),
    ],
)
def test_transform_that_is_not_here_is_refused_by_name(cloudformation, transform, name) -> None:
    body = {"Transform": transform, "Resources": {"Data": {"Type": "AWS::S3::Bucket"}}}
    refused(cloudformation, body, f"No transform named {name} found")


@pytest.mark.parametrize(
    "kind", ["AWS::ApiGateway::RestApi", "AWS::CloudFormation::Stack", "AWS::Nothing::Known"]
)
def test_type_that_is_not_here_is_refused_unless_its_condition_is_false(cloudformation, thing, kind) -> None:
    name, is_wanted = unique("lacking"), {"Fn::Equals": [{"Ref": "Wanted"}, "yes"]}
    body = {
        "Parameters": {"Wanted": {"Type": "String"}},
        "Conditions": {"IsWanted": is_wanted},
        "Resources": {"A": thing(), "B": {"Type": kind, "Condition": "IsWanted"}},
    }

    def create(wanted: str) -> None:
        given = [{"ParameterKey": "Wanted", "ParameterValue": wanted}]
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(body), Parameters=given)

    with pytest.raises(ClientError, match=rf"cannot create B \({kind}\)"):
        create("yes")
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)
    create("no")
    assert ended(cloudformation, name)["StackStatus"] == "CREATE_COMPLETE"


def test_resource_without_a_type_is_refused(cloudformation, thing) -> None:
    body = {"Resources": {"A": thing(), "B": {}}}
    refused(cloudformation, body, "Every Resources object must contain a Type member")


def test_lists_have_stacks_of_both_kinds(cloudformation, thing) -> None:
    name, other = unique("listed"), unique("plain")
    cloudformation.create_stack(StackName=other, TemplateBody=template(Data="AWS::S3::Bucket"))
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps({"Resources": {"A": thing()}}),
        Tags=[{"Key": "a", "Value": "b"}],
    )
    ended(cloudformation, name)
    described = {one["StackName"]: one for one in cloudformation.describe_stacks()["Stacks"]}
    assert described[name]["Tags"] == [{"Key": "a", "Value": "b"}] and other in described
    assert described[name]["EnableTerminationProtection"] is False
    listed = cloudformation.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert {name, other} <= {one["StackName"] for one in listed}
    assert cloudformation.list_stacks(StackStatusFilter=["DELETE_FAILED"])["StackSummaries"] == []
    with pytest.raises(ClientError) as error:
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"A": thing()}}))
    assert error.value.response["Error"]["Code"] == "AlreadyExistsException"


def test_all_events_come_page_by_page(cloudformation, thing) -> None:
    name = unique("long")
    handles = {f"H{number}": {"Type": "AWS::CDK::Metadata"} for number in range(70)}
    body = json.dumps({"Resources": {"A": thing(), **handles}})
    cloudformation.create_stack(StackName=name, TemplateBody=body, ClientRequestToken="mine")
    ended(cloudformation, name)
    pages = list(cloudformation.get_paginator("describe_stack_events").paginate(StackName=name))
    events = [event for page in pages for event in page["StackEvents"]]
    assert [len(page["StackEvents"]) for page in pages] == [100, 44]
    assert len({event["EventId"] for event in events}) == 2 * 71 + 2
    assert events == sorted(events, key=lambda event: event["Timestamp"], reverse=True)
    assert {event["ClientRequestToken"] for event in events} == {"mine"}
    summaries = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    assert sum(len(page["StackResourceSummaries"]) for page in summaries) == 71


def test_value_of_a_parameter_with_no_echo_is_used_and_not_shown(cloudformation, thing) -> None:
    name = unique("secret")
    declared = {"Name": {"Type": "String", "NoEcho": True}, "Other": {"Type": "String", "NoEcho": "false"}}
    body = json.dumps({"Parameters": declared, "Resources": {"A": thing({"Ref": "Name"})}})
    given = {"Name": "hidden-thing", "Other": "shown"}
    parameters = [{"ParameterKey": key, "ParameterValue": text} for key, text in given.items()]
    request = {"StackName": name, "TemplateBody": body, "Parameters": parameters}
    cloudformation.create_change_set(ChangeSetName="first", ChangeSetType="CREATE", **request)
    planned = cloudformation.describe_change_set(ChangeSetName="first", StackName=name)
    cloudformation.execute_change_set(ChangeSetName="first", StackName=name)
    for found in (planned, ended(cloudformation, name)):
        shown = {one["ParameterKey"]: one["ParameterValue"] for one in found["Parameters"]}
        assert shown == {"Name": "****", "Other": "shown"}
    (resource,) = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    assert resource["PhysicalResourceId"] == "hidden-thing"
    kept = [{"ParameterKey": "Name", "UsePreviousValue": True}, parameters[1]]
    with pytest.raises(ClientError, match="No updates are to be performed"):
        cloudformation.update_stack(**{**request, "Parameters": kept})


def test_template_comes_back_as_it_was_given(cloudformation, thing) -> None:
    name, properties = unique("text"), thing()["Properties"]
    text = "# mine\nParameters:\n  Name: {Type: String}\nResources:\n  A:\n    Type: Custom::Thing\n"
    text += "    Properties:\n"
    text += f"      ServiceToken: {properties['ServiceToken']}\n      Name: !Ref Name\n"
    parameters = [{"ParameterKey": "Name", "ParameterValue": "a"}]
    with pytest.raises(ClientError, match=r"Parameters: \[Name\] must have values"):
        cloudformation.create_stack(StackName=name, TemplateBody=text)
    cloudformation.create_stack(StackName=name, TemplateBody=text, Parameters=parameters)
    ended(cloudformation, name)
    assert cloudformation.get_template(StackName=name)["TemplateBody"] == text
    processed = cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    assert processed["Resources"]["A"]["Properties"]["Name"] == {"Ref": "Name"}
    summary = cloudformation.get_template_summary(StackName=name)
    assert [one["ParameterKey"] for one in summary["Parameters"]] == ["Name"]
    with pytest.raises(ClientError, match="No updates are to be performed"):
        cloudformation.update_stack(StackName=name, TemplateBody=text, Parameters=parameters)


def test_change_set_is_created_awaited_and_executed(cloudformation, thing) -> None:
    name = unique("changes")
    body = json.dumps(
        {
            "Parameters": {"Name": {"Type": "String"}},
            "Resources": {"A": thing({"Ref": "Name"}), "B": thing("b")},
        }
    )

    def change(value: str, kind: str) -> dict[str, Any]:
        given = [{"ParameterKey": "Name", "ParameterValue": value}]
        more = {"StackName": name, "ChangeSetName": f"to-{value}"}
        cloudformation.create_change_set(**more, TemplateBody=body, Parameters=given, ChangeSetType=kind)
        return more

    with pytest.raises(ClientError, match="does not exist"):
        change("one", "UPDATE")
    first = change("one", "CREATE")
    cloudformation.get_waiter("change_set_create_complete").wait(**first)
    cloudformation.execute_change_set(**first)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    second = change("two", "UPDATE")
    (changed,) = cloudformation.describe_change_set(**second)["Changes"]
    assert changed["ResourceChange"]["LogicalResourceId"] == "A"
    assert changed["ResourceChange"]["PhysicalResourceId"] == "one"
    cloudformation.execute_change_set(**second)
    assert ended(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"

    same = cloudformation.describe_change_set(**change("two", "UPDATE"))
    assert same["Status"] == "FAILED" and "didn't contain changes" in same["StatusReason"]
    with pytest.raises(ClientError) as error:
        cloudformation.describe_change_set(StackName=name, ChangeSetName="to-nowhere")
    assert error.value.response["Error"]["Code"] == "ChangeSetNotFound"


def test_protected_stack_is_not_deleted(cloudformation, thing) -> None:
    name = unique("protected")
    body = json.dumps({"Resources": {"A": thing()}})
    cloudformation.create_stack(StackName=name, TemplateBody=body, EnableTerminationProtection=True)
    ended(cloudformation, name)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName=name)
    cloudformation.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    stack = ended(cloudformation, name)["StackId"]
    cloudformation.delete_stack(StackName=name)
    assert ended(cloudformation, stack)["StackStatus"] == "DELETE_COMPLETE"


def test_bucket_with_objects_keeps_its_stack_from_being_deleted(local, cloudformation, thing) -> None:
    name, bucket, s3 = unique("full"), unique("full"), local.client("s3")
    body = {"A": thing(), "Data": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}}}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": body}))
    stack = ended(cloudformation, name)["StackId"]
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    cloudformation.delete_stack(StackName=stack)
    failed = ended(cloudformation, stack)
    assert failed["StackStatus"] == "DELETE_FAILED" and "[Data]" in failed["StackStatusReason"]
    assert "BucketNotEmpty" in reasons(cloudformation, stack)
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"
    cloudformation.delete_stack(StackName=stack, RetainResources=["Data"])
    assert ended(cloudformation, stack)["StackStatus"] == "DELETE_COMPLETE"
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"


def test_failed_creation_with_on_failure_delete_leaves_no_stack(cloudformation, thing) -> None:
    name = unique("gone")
    body = json.dumps({"Resources": {"A": thing("wrong")}})
    stack = cloudformation.create_stack(StackName=name, TemplateBody=body, OnFailure="DELETE")["StackId"]
    assert ended(cloudformation, stack)["StackStatus"] == "DELETE_COMPLETE"
    assert "this name is wrong" in reasons(cloudformation, stack)


def test_output_of_one_stack_is_imported_by_another(cloudformation, thing) -> None:
    first, second, plain, export = unique("first"), unique("second"), unique("plain"), unique("export")
    output = {"Name": {"Value": {"Fn::GetAtt": ["A", "Name"]}, "Export": {"Name": export}}}
    cloudformation.create_stack(
        StackName=first, TemplateBody=json.dumps({"Resources": {"A": thing("shared")}, "Outputs": output})
    )
    stack = ended(cloudformation, first)
    assert stack["Outputs"][0]["ExportName"] == export
    use = {"B": thing({"Fn::ImportValue": export})}
    importing = cloudformation.create_stack(StackName=second, TemplateBody=json.dumps({"Resources": use}))
    ended(cloudformation, second)
    (found,) = cloudformation.describe_stack_resources(StackName=second)["StackResources"]
    assert found["PhysicalResourceId"] == "shared"
    # A stack of moto imports it, too.
    queue = {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::ImportValue": export}}}}
    cloudformation.create_stack(StackName=plain, TemplateBody=json.dumps({"Resources": queue}))
    assert (
        "shared"
        in cloudformation.describe_stack_resources(StackName=plain)["StackResources"][0]["PhysicalResourceId"]
    )
    assert export in {one["Name"] for one in cloudformation.list_exports()["Exports"]}
    assert cloudformation.list_imports(ExportName=export)["Imports"] == [second]
    with pytest.raises(ClientError, match=f"Export {export} cannot be deleted as it is in use by {second}"):
        cloudformation.delete_stack(StackName=first)
    cloudformation.update_stack(
        StackName=first, TemplateBody=json.dumps({"Resources": {"A": thing("shared")}})
    )
    assert ended(cloudformation, first)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    cloudformation.delete_stack(StackName=second)
    ended(cloudformation, importing["StackId"])


def test_parameter_of_the_parameter_store_has_the_value_that_is_stored(local, cloudformation, thing) -> None:
    name, stored = unique("stored"), f"/{unique('name')}"
    local.client("ssm").put_parameter(Name=stored, Type="String", Value="from-the-store")
    declared = {"Name": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": stored}}
    body = {"Parameters": declared, "Resources": {"A": thing({"Ref": "Name"})}}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(body))
    ended(cloudformation, name)
    (found,) = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    assert found["PhysicalResourceId"] == "from-the-store"
