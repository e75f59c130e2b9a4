"""The stage's own key in AWS KMS: what it encrypts, and who may use it for what.

Whoever may read or write encrypted data needs the key for it as well. `permissions.allow` asks `needed_for`
which actions of KMS belong to the actions that it allows, so no grant is forgotten. A role may use the key
only through the service that has the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct, IConstruct

from infrastructure.stage import Stage

ID = "Encryption"
READ = ("kms:Decrypt",)
WRITE = ("kms:GenerateDataKey",)
# CDK's grants on a table with such a key have the same actions, partly as families.
READ_TABLE = ("kms:Decrypt", "kms:DescribeKey")
ENCRYPT = (
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
WRITE_TABLE = (*READ_TABLE, *ENCRYPT)
ACTIONS: dict[str, tuple[str, ...]] = {
    "s3:GetObject": READ,
    "s3:PutObject": (*READ, *WRITE),  # S3 reads the parts of a multipart upload
    "dynamodb:GetItem": READ_TABLE,
    "dynamodb:BatchGetItem": READ_TABLE,
    "dynamodb:Query": READ_TABLE,
    "dynamodb:Scan": READ_TABLE,
    "dynamodb:ConditionCheckItem": READ_TABLE,
    "dynamodb:PutItem": WRITE_TABLE,
    "dynamodb:UpdateItem": WRITE_TABLE,
    "dynamodb:DeleteItem": WRITE_TABLE,
    "dynamodb:BatchWriteItem": WRITE_TABLE,
    "kinesis:GetRecords": READ,
    "kinesis:PutRecord": WRITE,
    "kinesis:PutRecords": WRITE,
}
"""Action on data → what it takes of the key."""


class Encryption(Construct):
    """The key, which is kept as long as the data, and its policy for services without a role."""

    def __init__(self, scope: Construct, *, stage: Stage) -> None:
        super().__init__(scope, ID)
        stack = cdk.Stack.of(self)
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{stage.stack_name}",
            description=f"Encrypts the data of {stage.stack_name}",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.RETAIN if stage.keeps_data else cdk.RemovalPolicy.DESTROY,
        )
        groups = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"*{stage.stack_name}*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        self._let(
            "LogGroupsOfThisStack",
            f"logs.{stack.region}.{stack.url_suffix}",
            ("kms:Decrypt", "kms:DescribeKey", *ENCRYPT),
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
        # CloudWatch sends the alarms to an encrypted topic.
        self._let(
            "AlarmsOfThisAccount",
            "cloudwatch.amazonaws.com",
            (*READ, *WRITE),
            {"StringEquals": {"aws:SourceAccount": stack.account}},
        )

    def _let(self, sid: str, service: str, actions: Sequence[str], when: dict[str, object]) -> None:
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.ServicePrincipal(service)],
                actions=list(actions),
                resources=["*"],  # in a key's policy: this key
                conditions=when,
            )
        )


def stage_key(scope: IConstruct) -> kms.Key | None:
    """The key of the stack around `scope`; None if its stage has none."""
    found = cdk.Stack.of(scope).node.try_find_child(ID)
    return found.key if isinstance(found, Encryption) else None


def needed_for(actions: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The use of the key that actions on data take: (service, actions of KMS) for each service."""
    services: dict[str, set[str]] = {}
    for action in actions:
        if action in ACTIONS:
            services.setdefault(action.split(":")[0], set()).update(ACTIONS[action])
    for service, needed in services.items():
        yield service, tuple(sorted(needed))
