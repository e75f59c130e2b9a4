"""A stage with a key of its own encrypts everything with it, and each role may use it for its data only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from infrastructure.data.lake import Lake
from infrastructure.encryption import ACTIONS, Encryption, needed_for
from infrastructure.stage import CDK_JSON, parse
from infrastructure.training import LOCAL_DISK, Training
from tests.infrastructure.conftest import Assembly, Template, definitions_of

DATA = {
    "AWS::S3::Bucket": "BucketEncryption",
    "AWS::DynamoDB::Table": "SSESpecification",
    "AWS::Kinesis::Stream": "StreamEncryption",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
}
"""Resource types with data → the property that has the key."""
WITHOUT_OBJECTS = ("s3:List", "s3:GetBucketLocation", "s3:Abort", "s3:Delete", "kinesis:Describe")
WITHOUT_RECORDS = ("kinesis:List", "kinesis:GetShardIterator", "kinesis:Subscribe")


@pytest.fixture(scope="module")
def encrypted(assembly: Assembly) -> Template:
    return assembly.templates["prod"]


def key_of(template: Template) -> str:
    (key,) = template.of_type("AWS::KMS::Key")
    return key


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for id, policy in template.of_type("AWS::IAM::Policy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            yield id, statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_all_data_are_encrypted_with_the_key_of_the_stage(encrypted: Template) -> None:
    key = key_of(encrypted)
    for resource_type, name in DATA.items():
        found = encrypted.of_type(resource_type)
        assert found, resource_type
        for id, properties in found.items():
            own = json.dumps(properties.get(name, {}))
            # S3 delivers access logs only to a bucket with keys of its own.
            assert (f'"{key}"' in own) == ("AccessLog" not in id or resource_type != "AWS::S3::Bucket"), id


def test_stage_without_a_key_has_none(assembly: Assembly) -> None:
    template = assembly.templates["local"]
    assert not template.of_type("AWS::KMS::Key")
    assert not [id for id, one in statements(template) if "kms:" in json.dumps(one["Action"])]


def test_key_is_rotated_and_kept_with_the_data(encrypted: Template) -> None:
    resource = encrypted.body["Resources"][key_of(encrypted)]
    assert resource["Properties"]["EnableKeyRotation"] is True
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_roles_may_use_the_key_for_the_data_that_they_may_use(encrypted: Template) -> None:
    allowed: dict[str, set[str]] = {}
    used: dict[tuple[str, str], set[str]] = {}
    for id, statement in statements(encrypted):
        actions = as_list(statement["Action"])
        if statement["Effect"] == "Allow":
            allowed.setdefault(id, set()).update(actions)
        if actions == ["kms:Decrypt"] and "Condition" not in statement:  # CDK's grant to the stream's reader
            used.setdefault((id, "kinesis"), set()).update(actions)
        elif actions[0].startswith("kms:") and "Condition" in statement:
            (via,) = statement["Condition"]["StringEquals"].values()
            service = via["Fn::Join"][1][0].rstrip(".")
            assert statement["Resource"] == {"Fn::GetAtt": [key_of(encrypted), "Arn"]}
            used.setdefault((id, service), set()).update(actions)
    expected = {
        (id, service): set(actions)
        for id, granted in allowed.items()
        for service, actions in needed_for(sorted(granted))
    }
    assert used == expected


def test_every_action_on_data_is_known(encrypted: Template) -> None:
    """Whether a new action in a policy takes the key must be looked up."""
    free = (*WITHOUT_OBJECTS, *WITHOUT_RECORDS)
    actions = {action for _, statement in statements(encrypted) for action in as_list(statement["Action"])}
    data = {one for one in actions if one.split(":")[0] in ("s3", "dynamodb", "kinesis")}
    assert {one for one in data if one not in ACTIONS and not one.startswith(free)} == set()


def test_services_without_a_role_may_use_the_key_for_this_stack_only(encrypted: Template) -> None:
    statements = encrypted.of_type("AWS::KMS::Key")[key_of(encrypted)]["KeyPolicy"]["Statement"]
    by_name = {one["Sid"]: one for one in statements if "Sid" in one}
    assert set(by_name) == {"LogGroupsOfThisStack", "AlarmsOfThisAccount"}
    groups = json.dumps(by_name["LogGroupsOfThisStack"]["Condition"])
    assert "log-group:*tastemaker-prod*" in groups
    for group in encrypted.of_type("AWS::Logs::LogGroup").values():
        assert "tastemaker-prod" in group["LogGroupName"]


Grant = Callable[[cdk.Stack, kms.Key, iam.Role], None]


def _bucket(stack: cdk.Stack, key: kms.Key, role: iam.Role) -> None:
    s3.Bucket(stack, "B", encryption=s3.BucketEncryption.KMS, encryption_key=key).grant_read_write(role)


def _table(stack: cdk.Stack, key: kms.Key, role: iam.Role) -> None:
    attribute = dynamodb.Attribute(name="k", type=dynamodb.AttributeType.STRING)
    managed = dynamodb.TableEncryption.CUSTOMER_MANAGED
    table = dynamodb.Table(stack, "T", partition_key=attribute, encryption=managed, encryption_key=key)
    table.grant_read_write_data(role)


def _stream(stack: cdk.Stack, key: kms.Key, role: iam.Role) -> None:
    kms_managed = kinesis.StreamEncryption.KMS
    kinesis.Stream(stack, "S", encryption=kms_managed, encryption_key=key).grant_read_write(role)


@cache
def cdk_grants(grant: Grant) -> frozenset[str]:
    """The actions of KMS that CDK's own grant for encrypted data contains, perhaps as families."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Throwaway")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    grant(stack, kms.Key(stack, "Key"), role)
    return _kms_actions(stack)


def _kms_actions(stack: cdk.Stack) -> frozenset[str]:
    template = cdk.Stage.of(stack).synth().get_stack_by_name("Throwaway").template  # type: ignore[union-attr]
    policies = [one for one in template["Resources"].values() if one["Type"] == "AWS::IAM::Policy"]
    return frozenset(
        action
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
        if action.startswith("kms:")
    )


@pytest.mark.parametrize(
    ("grant", "actions"),
    [
        (_bucket, ["s3:GetObject", "s3:PutObject"]),
        (_table, ["dynamodb:Query", "dynamodb:PutItem"]),
        (_stream, ["kinesis:GetRecords", "kinesis:PutRecords"]),
    ],
    ids=["bucket", "table", "stream"],
)
def test_roles_get_the_use_of_the_key_that_cdk_grants(grant: Grant, actions: list[str]) -> None:
    """CDK grants every encryption also where S3 and Kinesis only ask for data keys."""
    ((_, ours),) = needed_for(actions)
    theirs = cdk_grants(grant)
    assert all(any(fnmatchcase(one, family) for family in theirs) for one in ours)
    families = theirs if grant is _table else {"kms:Decrypt", "kms:GenerateDataKey*"} & theirs
    assert all(any(fnmatchcase(one, family) for one in ours) for family in families)


def training_stack(instance_type: str) -> tuple[cdk.Stack, Training]:
    stage = parse("x", {"ownKey": True, "bundle": False, "training": {"instanceType": instance_type}})
    context = json.loads(CDK_JSON.read_text())["context"]
    stack = cdk.Stack(cdk.App(context=context, analytics_reporting=False), "Throwaway")
    Encryption(stack, stage=stage)
    return stack, Training(stack, "Training", stage=stage, lake=Lake(stack, "Lake", stage=stage))


def test_training_job_encrypts_its_volume_and_its_model() -> None:
    stack, training = training_stack("ml.m7i.2xlarge")
    request = stack.resolve(training.request())
    key = request["OutputDataConfig"]["KmsKeyId"]
    assert key == request["ResourceConfig"]["VolumeKmsKeyId"] and "Fn::GetAtt" in key
    granted = _kms_actions(stack)
    assert all(any(fnmatchcase(one, family) for one in granted) for family in cdk_training_grants())


@cache
def cdk_training_grants() -> frozenset[str]:
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Throwaway")
    key, bucket = kms.Key(stack, "Key"), s3.Bucket(stack, "Bucket")
    location = tasks.S3Location.from_bucket(bucket, "x")
    source = tasks.DataSource(s3_data_source=tasks.S3DataSource(s3_location=location))
    image = tasks.DockerImage.from_registry("image")
    task = tasks.SageMakerCreateTrainingJob(
        stack,
        "Task",
        training_job_name="job",
        algorithm_specification=tasks.AlgorithmSpecification(training_image=image),
        input_data_config=[tasks.Channel(channel_name="data", data_source=source)],
        output_data_config=tasks.OutputDataConfig(s3_output_location=location, encryption_key=key),
        resource_config=tasks.ResourceConfig(
            instance_count=1,
            instance_type=cdk.aws_ec2.InstanceType("m5.large"),
            volume_size=cdk.Size.gibibytes(1),
            volume_encryption_key=key,
        ),
    )
    sfn.StateMachine(stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(task))
    return _kms_actions(stack)


def test_instances_with_disks_of_their_own_get_no_key_for_volumes(encrypted: Template) -> None:
    job = definitions_of(encrypted)["train"]["States"]["Train model"]["Parameters"]
    assert job["ResourceConfig"]["InstanceType"] == "ml.g6.xlarge"
    assert "VolumeKmsKeyId" not in job["ResourceConfig"] and job["OutputDataConfig"]["KmsKeyId"]
    local = ["ml.g4dn.xlarge", "ml.g5.xlarge", "ml.p4d.24xlarge", "ml.p3dn.24xlarge", "ml.trn1.2xlarge"]
    assert all(LOCAL_DISK.match(one) for one in [*local, "ml.m5d.large", "ml.c6id.large"])
    assert not any(LOCAL_DISK.match(one) for one in ["ml.m7i.2xlarge", "ml.p3.2xlarge", "ml.c7g.large"])
