"""State machines and event buses that a stack of ordinary resources declares."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.moto_patches.stack_resources import with_definition
from tests.local.cloudformation.conftest import ended, reasons
from tests.local.conftest import unique, until

ROLE = "arn:aws:iam::123456789012:role/anything"


def machine(result: str, **more: Any) -> dict[str, Any]:
    state = {"Type": "Pass", "Result": {"answer": result}, "End": True}
    definition = {"StartAt": "Only", "States": {"Only": state}}
    return {"RoleArn": ROLE, "DefinitionString": json.dumps(definition), **more}


def template(properties: dict[str, Any]) -> str:
    declared = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    return json.dumps({"Resources": {"Machine": declared}})


def output(client: Any, arn: str) -> Any:
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    ended = until(
        lambda: client.describe_execution(executionArn=execution),
        lambda found: found["status"] != "RUNNING",
    )
    assert ended["status"] == "SUCCEEDED", ended
    return json.loads(ended["output"])["answer"]


def test_state_machine_of_a_stack_runs_changes_and_is_deleted_with_it(local: Any) -> None:
    name = unique("machine")
    stacks, client = local.client("cloudformation"), local.client("stepfunctions")
    first = machine("${answer}", StateMachineName=name, DefinitionSubstitutions={"answer": "first"})
    stacks.create_stack(StackName=name, TemplateBody=template(first))
    arn = stacks.describe_stack_resources(StackName=name)["StackResources"][0]["PhysicalResourceId"]
    assert name in [found["name"] for found in client.list_state_machines()["stateMachines"]]
    assert output(client, arn) == "first"
    second = machine("second", StateMachineName=name)
    stacks.update_stack(StackName=name, TemplateBody=template(second))
    assert output(client, arn) == "second"
    stacks.delete_stack(StackName=name)
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        client.describe_state_machine(stateMachineArn=arn)


def test_reference_to_an_event_bus_is_its_name(local: Any) -> None:
    name, stacks = unique("bus"), local.client("cloudformation")
    bus = {"Type": "AWS::Events::EventBus", "Properties": {"Name": name}}
    body = {"Resources": {"Bus": bus}, "Outputs": {"Name": {"Value": {"Ref": "Bus"}}}}
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(body))
    assert stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"][0]["OutputValue"] == name


def test_state_machine_has_its_arn_as_an_attribute_and_keeps_its_type(local: Any) -> None:
    name, stacks, client = unique("machine"), local.client("cloudformation"), local.client("stepfunctions")
    declared = machine("${other}", StateMachineType="EXPRESS", DefinitionSubstitutions={"answer": "one"})
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Machine", "Arn"]}}}

    def body(named: str) -> str:
        properties = {**declared, "StateMachineName": named}
        return json.dumps({**json.loads(template(properties)), "Outputs": outputs})

    stacks.create_stack(StackName=name, TemplateBody=body(name))
    stacks.update_stack(StackName=name, TemplateBody=body(f"{name}-2"))
    arn = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"][0]["OutputValue"]
    described = client.describe_state_machine(stateMachineArn=arn)
    assert described["name"] == f"{name}-2" and described["type"] == "EXPRESS"
    assert "${other}" in described["definition"]


def test_definition_that_step_functions_refuses_is_an_error_of_the_stack(local: Any) -> None:
    stacks, wrong = local.client("cloudformation"), machine("x", DefinitionString="{}")
    with pytest.raises(ClientError, match="Step Functions refuses the state machine"):
        stacks.create_stack(StackName=unique("wrong"), TemplateBody=template(wrong))


def test_definition_may_be_an_object() -> None:
    given = {"Properties": {"Definition": {"StartAt": "${first}"}, "DefinitionSubstitutions": {"first": "A"}}}
    assert json.loads(with_definition(given)["Properties"]["DefinitionString"]) == {"StartAt": "A"}
    assert "DefinitionString" not in given["Properties"]


def test_missing_definition_is_refused_by_name() -> None:
    with pytest.raises(Exception, match="A state machine needs DefinitionString"):
        with_definition({"Properties": {}})


def test_policy_inside_a_role_of_a_stack_is_a_text_and_decides(local: Any) -> None:
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    policy = {"PolicyName": "list", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"AssumeRolePolicyDocument": {"Statement": [trust]}, "Policies": [policy]}
    stack = unique("role")
    local.client("cloudformation").create_stack(
        StackName=stack,
        TemplateBody=json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}),
    )
    iam = local.client("iam")
    name = next(one["RoleName"] for one in iam.list_roles()["Roles"] if one["RoleName"].startswith(stack))
    assert iam.get_role_policy(RoleName=name, PolicyName="list")["PolicyDocument"]["Statement"] == [statement]
    [found] = iam.simulate_principal_policy(
        PolicySourceArn=iam.get_role(RoleName=name)["Role"]["Arn"], ActionNames=["s3:ListAllMyBuckets"]
    )["EvaluationResults"]
    assert found["EvalDecision"] == "allowed"


@pytest.mark.parametrize("transform", [{}, {"Transform": "AWS::Serverless-2016-10-31"}], ids=["moto", "own"])
def test_function_of_a_stack_has_its_layers(local: Any, transform: dict[str, Any]) -> None:
    stack, bucket, data = unique("layered"), unique("layers"), io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("python/shared.py", "SAID = 'from the layer'")
    local.client("s3").create_bucket(Bucket=bucket)
    local.client("s3").put_object(Bucket=bucket, Key="layer.zip", Body=data.getvalue())
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    content = {"S3Bucket": bucket, "S3Key": "layer.zip"}
    function = {
        "FunctionName": stack,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Code": {"ZipFile": "import shared\ndef handler(event, context): return shared.SAID"},
        "Layers": [{"Ref": "Layer"}],
    }
    declared = {
        "Role": ("AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Statement": [trust]}}),
        "Layer": ("AWS::Lambda::LayerVersion", {"LayerName": stack, "Content": content}),
        "Function": ("AWS::Lambda::Function", function),
    }
    body = {name: {"Type": kind, "Properties": properties} for name, (kind, properties) in declared.items()}
    stacks, functions = local.client("cloudformation"), local.client("lambda")
    text, more = json.dumps({**transform, "Resources": body}), ["CAPABILITY_AUTO_EXPAND"]
    stacks.create_stack(StackName=stack, TemplateBody=text, Capabilities=more)
    assert ended(stacks, stack)["StackStatus"] == "CREATE_COMPLETE", reasons(stacks, stack)
    answer = functions.invoke(FunctionName=stack, Payload=b"{}")
    assert json.load(answer["Payload"]) == "from the layer"
    assert len(functions.list_layer_versions(LayerName=stack)["LayerVersions"]) == 1
    stacks.delete_stack(StackName=stack)
    until(lambda: functions.list_layer_versions(LayerName=stack)["LayerVersions"], lambda found: not found)


def test_bootstrap_of_the_cdk_takes_over_its_parameter(local: Any) -> None:
    name, ssm = "/cdk-bootstrap/hnb659fds/version", local.client("ssm")
    before = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    properties = {"Name": name, "Type": "String", "Value": before}
    declared = {"Type": "AWS::SSM::Parameter", "Properties": properties}
    stacks, stack = local.client("cloudformation"), unique("toolkit")
    stacks.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": {"Version": declared}}))
    assert stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == before
