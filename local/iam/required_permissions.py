"""The IAM permissions that a request needs: actions and the ARNs of their resources.

Actions and resource types of each service:
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from moto.kinesis.utils import decompose_shard_iterator

from local.account import Account
from local.http.messages import Request
from local.iam.operations import Operation
from local.iam.s3_permissions import s3_permissions


@dataclass(frozen=True)
class Permission:
    """One action on one resource, with the condition keys of this request (names in lower case)."""

    action: str
    resource: str = "*"
    context: dict[str, list[str]] = field(default_factory=dict)


Permissions = Iterator[Permission]
_FREE = {"sts:GetCallerIdentity", "sts:GetSessionToken"}  # actions that need no permission
# The prefix of actions where it differs from the service in the signature.
_PREFIXES = {"monitoring": "cloudwatch"}


def required_permissions(request: Request, operation: Operation | None, account: Account) -> list[Permission]:
    """All permissions that a request needs.

    An unknown operation needs the permission `<service>:?`, which no policy allows.
    """
    assert request.credential is not None
    service = request.credential[2]
    if service == "s3":
        return [
            Permission(action, resource, context)
            for action, resource, context in s3_permissions(request, account.partition)
        ]
    prefix = _PREFIXES.get(service, service)
    if operation is None:
        return [Permission(f"{prefix}:?")]
    action = f"{prefix}:{operation.name}"
    if action in _FREE:
        return []
    of = _SERVICES.get(service)
    body = request.json or request.form
    if of is None:
        return [Permission(action)]
    return list(of(account, action, operation, {**body, **operation.uri}, request))


def _dynamodb(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    def table(name: str, index: str | None = None) -> str:
        arn = name if name.startswith("arn:") else account.arn("dynamodb", f"table/{name}")
        return f"{arn}/index/{index}" if index else arn

    if "TransactItems" in body:
        # A transaction needs the permissions of all its parts.
        for item in body["TransactItems"]:
            for part, request_of in item.items():
                name = {
                    "Get": "GetItem",
                    "Put": "PutItem",
                    "Update": "UpdateItem",
                    "Delete": "DeleteItem",
                }.get(part, "ConditionCheckItem")
                yield Permission(
                    f"dynamodb:{name}", table(request_of["TableName"]), _leading_keys(request_of)
                )
    elif isinstance(body.get("RequestItems"), dict):
        for name in body["RequestItems"]:
            yield Permission(action, table(name))
    elif body.get("TableName"):
        yield Permission(action, table(body["TableName"], body.get("IndexName")), _leading_keys(body))
    elif body.get("StreamArn"):
        yield Permission(action, body["StreamArn"])
    else:
        yield Permission(action)


def _leading_keys(item: Mapping[str, Any]) -> dict[str, list[str]]:
    """The values of all keys for `dynamodb:LeadingKeys`, because the table's schema is not known here."""
    values = [next(iter(value.values())) for value in item.get("Key", {}).values() if isinstance(value, dict)]
    return {"dynamodb:leadingkeys": [str(value) for value in values]} if values else {}


def _kinesis(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    name = body.get("StreamName")
    if name is None and body.get("ShardIterator"):
        name = _stream_of_iterator(body["ShardIterator"])
    yield Permission(
        action, body.get("StreamARN") or (account.arn("kinesis", f"stream/{name}") if name else "*")
    )


def _stream_of_iterator(iterator: str) -> str | None:
    try:
        return str(decompose_shard_iterator(iterator)[0])
    except (ValueError, IndexError):
        return None


def _states(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    arn = (
        body.get("stateMachineArn")
        or body.get("executionArn")
        or body.get("resourceArn")
        or body.get("mapRunArn")
    )
    yield Permission(action, arn or "*")
    if body.get("roleArn"):
        yield _pass_role(body["roleArn"], "states.amazonaws.com")


def _lambda(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    name = body.get("FunctionName")
    if operation.name in ("Invoke", "InvokeAsync", "InvokeWithResponseStream"):
        action = "lambda:InvokeFunction"
    yield Permission(
        action,
        (name if name.startswith("arn:") else account.arn("lambda", f"function:{name}")) if name else "*",
    )


def _events(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    def bus(name: str) -> str:
        return name if name.startswith("arn:") else account.arn("events", f"event-bus/{name}")

    if operation.name == "PutEvents":
        for entry in body.get("Entries", []):
            context = {"events:source": [entry["Source"]]} if "Source" in entry else {}
            context |= {"events:detail-type": [entry["DetailType"]]} if "DetailType" in entry else {}
            yield Permission(action, bus(entry.get("EventBusName") or "default"), context)
    else:
        yield Permission(action, account.arn("events", f"rule/{body['Name']}") if "Name" in body else "*")


def _scheduler(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    name = body.get("Name")
    if name is None:
        yield Permission(action)
    elif operation.name.endswith("ScheduleGroup"):
        yield Permission(action, account.arn("scheduler", f"schedule-group/{name}"))
    else:
        group = body.get("GroupName") or request.parameters.get("groupName") or "default"
        yield Permission(action, account.arn("scheduler", f"schedule/{group}/{name}"))
        if role := body.get("Target", {}).get("RoleArn"):
            yield _pass_role(role, "scheduler.amazonaws.com")


_SAGEMAKER_RESOURCES = ("TrainingJob", "ProcessingJob", "TransformJob", "EndpointConfig", "Endpoint", "Model")


def _sagemaker(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    resource = body.get("ResourceArn", "*")
    for resource_type in _SAGEMAKER_RESOURCES:
        if name := body.get(f"{resource_type}Name"):
            dashed = re.sub(r"(?<!^)(?=[A-Z])", "-", resource_type)
            resource = account.arn("sagemaker", f"{dashed}/{name}".lower())
            break
    yield Permission(action, resource)
    if operation.name.startswith("Create") and body.get("Tags"):
        yield Permission("sagemaker:AddTags", resource)
    if role := body.get("RoleArn") or body.get("ExecutionRoleArn"):
        yield _pass_role(role, "sagemaker.amazonaws.com")


def _pass_role(role_arn: str, service: str) -> Permission:
    return Permission("iam:PassRole", role_arn, {"iam:passedtoservice": [service]})


def _sts(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    external = {"sts:externalid": [body["ExternalId"]]} if "ExternalId" in body else {}
    yield Permission(action, body.get("RoleArn", "*"), external)


def _sqs(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    url = body.get("QueueUrl")
    name = url.rstrip("/").rsplit("/", 1)[-1] if url else body.get("QueueName")
    yield Permission(action, account.arn("sqs", name) if name else "*")


def _sns(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    name = body.get("Name")
    yield Permission(
        action,
        body.get("TopicArn") or body.get("TargetArn") or (account.arn("sns", name) if name else "*"),
    )


def _firehose(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    name = body.get("DeliveryStreamName")
    yield Permission(action, account.arn("firehose", f"deliverystream/{name}") if name else "*")


def _logs(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    group, stream = body.get("logGroupName"), body.get("logStreamName")
    if group is None:
        yield Permission(action)
    else:
        yield Permission(
            action, account.arn("logs", f"log-group:{group}:" + (f"log-stream:{stream}" if stream else "*"))
        )


def _ssm(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    names = body.get("Names") or [body.get("Name") or body.get("Path") or ""]
    for name in names:
        yield Permission(action, account.arn("ssm", f"parameter/{name.lstrip('/')}") if name else "*")


def _cloudwatch(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    namespace = body.get("Namespace") or _cbor_text(request.body, "Namespace")
    yield Permission(action, "*", {"cloudwatch:namespace": [namespace]} if namespace else {})


def _cbor_text(body: bytes, name: str) -> str | None:
    """The short text value of a member in a CBOR map, found by its encoded name.

    CloudWatch's newer protocol sends CBOR.
    """
    key = bytes([0x60 + len(name)]) + name.encode()
    at = body.find(key) + len(key)
    if at < len(key) or at >= len(body):
        return None
    first = body[at]
    if 0x60 <= first < 0x78:
        return body[at + 1 : at + 1 + first - 0x60].decode("utf-8", "replace")
    if first == 0x78:
        return body[at + 2 : at + 2 + body[at + 1]].decode("utf-8", "replace")
    return None


def _glue(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    yield Permission(action, account.arn("glue", "catalog"))
    if database := body.get("DatabaseName"):
        yield Permission(action, account.arn("glue", f"database/{database}"))
        if table := body.get("TableName") or (body.get("Name") if "Table" in operation.name else None):
            yield Permission(action, account.arn("glue", f"table/{database}/{table}"))


def _kms(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    key = body.get("KeyId", "*")
    yield Permission(action, key if key.startswith(("arn:", "*")) else account.arn("kms", f"key/{key}"))


def _iam(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    resource = body.get("PolicySourceArn", "*")
    for member, kind in (("UserName", "user"), ("RoleName", "role")):
        if name := body.get(member):
            resource = f"arn:{account.partition}:iam::{account.id}:{kind}/{name}"
    yield Permission(action, resource)


def _bedrock(
    account: Account, action: str, operation: Operation, body: Mapping[str, Any], request: Request
) -> Permissions:
    model = unquote(body.get("modelId", "*"))
    action = "bedrock:InvokeModel" if operation.name == "Converse" else action
    if model.startswith("arn:"):
        yield Permission(action, model)
        return
    region = request.credential[1] if request.credential else account.region
    geography, _, rest = model.partition(".")
    if geography not in ("us", "us-gov", "eu", "apac", "jp", "au", "global"):
        yield Permission(action, f"arn:{account.partition}:bedrock:{region}::foundation-model/{model}")
        return
    # A call through an inference profile needs the profile, and the model in each region of the profile.
    profile = f"arn:{account.partition}:bedrock:{region}:{account.id}:inference-profile/{model}"
    yield Permission(action, profile)
    context = {"bedrock:inferenceprofilearn": [profile]}
    yield Permission(action, f"arn:{account.partition}:bedrock:{region}::foundation-model/{rest}", context)


_Of = Callable[[Account, str, Operation, Mapping[str, Any], Request], Permissions]
_SERVICES: dict[str, _Of] = {
    "dynamodb": _dynamodb,
    "kinesis": _kinesis,
    "states": _states,
    "lambda": _lambda,
    "events": _events,
    "scheduler": _scheduler,
    "sagemaker": _sagemaker,
    "sts": _sts,
    "sqs": _sqs,
    "sns": _sns,
    "firehose": _firehose,
    "logs": _logs,
    "ssm": _ssm,
    "monitoring": _cloudwatch,
    "glue": _glue,
    "kms": _kms,
    "iam": _iam,
    "bedrock": _bedrock,
}
