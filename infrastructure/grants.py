"""Permissions that several roles have in common."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from infrastructure.data.lake import Lake
from infrastructure.data.tables import INDEXES, Tables
from infrastructure.functions.service_function import ServiceFunction
from infrastructure.permissions import allow, deny
from infrastructure.stage import Stage
from tastemaker.contracts.lake_layout import TEXTS_PATTERN, Area, patterns
from tastemaker.contracts.text_models import is_small

if TYPE_CHECKING:
    from infrastructure.functions.declaration import Resources

LOCAL = "local"
"""The stage of the local run."""
# How the store of resource records writes: single records, under conditions, in transactions.
WRITE_RECORDS = (
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:DeleteItem",
    "dynamodb:ConditionCheckItem",
)
READ_RECORDS = ("dynamodb:GetItem",)


def allow_records(role: iam.Role, tables: Tables, actions: Sequence[str]) -> None:
    """Allow `actions` on the table of resource records, and lists by its indexes."""
    table = tables.resources.table_arn
    allow(role, actions, [table])
    allow(role, ["dynamodb:Query"], [f"{table}/index/{index}" for index in INDEXES])


def authorize_callers(function: ServiceFunction, stage: Stage) -> None:
    """Let a function of the API authorize its callers: it asks IAM what their policies allow."""
    function.set(AUTHORIZATION=stage.authorization)
    if stage.authorization == "off":
        return
    stack = cdk.Stack.of(function)
    for resource, read in (("role", "iam:GetRole"), ("user", "iam:GetUser")):
        allow(
            function.role,
            [read, "iam:GetContextKeysForPrincipalPolicy", "iam:SimulatePrincipalPolicy"],
            [stack.format_arn(service="iam", region="", resource=resource, resource_name="*")],
            because="any user or role of the account may call the API",
        )


def allow_objects(role: iam.Role, actions: Sequence[str], lake: Lake, keys: Sequence[str]) -> None:
    """Allow `actions` on the objects whose keys match one of the patterns `keys` of the lake layout."""
    allow(
        role,
        actions,
        [lake.objects(pattern) for pattern in keys],
        because="keys begin with the dataset group, and groups are created at run time",
    )


def answer_with_models(function: ServiceFunction, uses: Resources) -> None:
    """Let a function read what an answer needs: records, profiles, upserts, and the files of models."""
    tables = uses.tables
    function.set(
        RESOURCES_TABLE=tables.resources.table_name,
        PROFILES_TABLE=tables.profiles.table_name,
        CATALOG_TABLE=tables.catalog.table_name,
    )
    allow_records(function.role, tables, READ_RECORDS)
    allow(function.role, ["dynamodb:Query"], [tables.profiles.table_arn])
    catalog = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
    allow(function.role, catalog, [tables.catalog.table_arn])
    allow_objects(function.role, ["s3:GetObject"], uses.lake, patterns(Area.MODELS))
    allow(function.role, ["s3:ListBucket"], [uses.lake.bucket.bucket_arn])


def allow_listing(
    role: iam.Role, lake: Lake, keys: Sequence[str], *, actions: Sequence[str] = ("s3:ListBucket",)
) -> None:
    """Allow lists of the objects whose keys match one of the patterns `keys`, and of no other objects."""
    allow(role, actions, [lake.bucket.bucket_arn], when={"StringLike": {"s3:prefix": list(keys)}})


def use_text_model(function: ServiceFunction, uses: Resources) -> None:
    """Let a function write texts with the stage's model, and with no other one, and keep them in the lake."""
    settings = uses.stage.generation
    stack = cdk.Stack.of(function)
    region = settings.region or stack.region
    function.set(
        TEXT_GENERATION=settings.for_functions(region).to_json(), LAKE_BUCKET=uses.lake.bucket.bucket_name
    )
    # In the local run, the option --text-model may name a model after the synthesis.
    if settings.model or uses.stage.name == LOCAL:
        allow_objects(function.role, ["s3:GetObject", "s3:PutObject"], uses.lake, [TEXTS_PATTERN])
    if not settings.model or is_small(settings.model):
        return
    if not settings.geography:
        allow(function.role, ["bedrock:InvokeModel"], [foundation_model(stack, region, settings.model)])
        return
    profile = stack.format_arn(
        service="bedrock",
        region=region,
        resource="inference-profile",
        resource_name=f"{settings.geography}.{settings.model}",
    )
    allow(function.role, ["bedrock:InvokeModel"], [profile])
    allow(
        function.role,
        ["bedrock:InvokeModel"],
        [foundation_model(stack, "*", settings.model)],
        because="an inference profile chooses the region of each call",
        when={"ArnLike": {"bedrock:InferenceProfileArn": profile}},
    )


def foundation_model(stack: cdk.Stack, region: str, model: str) -> str:
    """The ARN of a model on Amazon Bedrock."""
    return stack.format_arn(
        service="bedrock", region=region, account="", resource="foundation-model", resource_name=model
    )


CALLER_DATA_FUNCTIONS = ("attribution", "batch", "deletion", "exporting", "importing")
"""The functions that assume callers' roles."""
# Roles that no job may assume, by name. The CDK's trust the whole account.
NEVER_ASSUMED = ("cdk-*", "*/cdk-*", "aws-service-role/*", "aws-reserved/*")


def external_id(stage: Stage) -> str:
    """The external ID that jobs present when they assume a role."""
    return stage.external_id or cdk.Aws.STACK_ID


def use_caller_data(
    function: ServiceFunction, uses: Resources, *, reads: bool = False, writes: bool = False
) -> None:
    """Let a function open the buckets of callers (`allow_caller_data`), and tell it how."""
    roles = [uses.functions[name].role.role_arn for name in CALLER_DATA_FUNCTIONS]
    function.set(
        DATA_BUCKETS=json.dumps(uses.stage.data_buckets),
        EXTERNAL_ID=external_id(uses.stage),
        JOB_ROLES=",".join(roles),
    )
    allow_caller_data(function.role, uses.stage, reads=reads, writes=writes)


def allow_caller_data(role: iam.Role, stage: Stage, *, reads: bool = False, writes: bool = False) -> None:
    """Allow access to the buckets of callers.

    The role may assume the role that a caller names, which has to trust it. It may also use the buckets that
    the stage's `dataBuckets` lists directly.
    """
    stack = cdk.Stack.of(role)
    allow(
        role,
        ["sts:AssumeRole"],
        [stack.format_arn(service="iam", region="", resource="role", resource_name=stage.import_roles)],
        because="the caller names a role that it may pass; the role must trust this one",
    )
    never = (*NEVER_ASSUMED, f"{stage.stack_name}-*")
    deny(
        role,
        ["sts:AssumeRole"],
        [stack.format_arn(service="iam", region="", resource="role", resource_name=name) for name in never],
    )
    objects = ["s3:GetObject"] * reads + ["s3:PutObject", "s3:AbortMultipartUpload"] * writes
    for bucket in stage.data_buckets:
        arn = f"arn:{stack.partition}:s3:::{bucket}"
        if reads:
            allow(role, ["s3:ListBucket", "s3:GetBucketLocation"], [arn])
        allow(role, objects, [f"{arn}/*"], because="the stage's dataBuckets names the bucket")
