"""Functions, the services that may invoke them, and event source mappings."""

from __future__ import annotations

import io
import uuid
import zipfile

from local.functions.spec import FunctionSpec
from local.provision.registry import NO_TAGS, Deployment, ProvisionError, adapter
from local.streams.event_source import EventSource
from local.streams.failure_destination import required_permissions
from local.template import Physical, Resource


@adapter(
    "AWS::Lambda::Function",
    handled="FunctionName Handler Runtime Role Code Timeout MemorySize Environment Description LoggingConfig "
    "ReservedConcurrentExecutions",
    ignored=NO_TAGS
    | {
        "Architectures": "the developer's Python runs the function",
        "EphemeralStorage": "functions use the disk of this machine",
        "TracingConfig": "there is no X-Ray",
    },
)
def function(resource: Resource, deployment: Deployment) -> Physical:
    """Register a function. moto lists it too, for `aws lambda list-functions`."""
    properties = resource.properties
    if not properties["Runtime"].startswith("python"):
        raise ProvisionError(f"The local run has Python only, not the runtime {properties['Runtime']}.")
    name = deployment.name(resource, properties.get("FunctionName"))
    arn = deployment.account.arn("lambda", f"function:{name}")
    environment = {
        key: str(value) for key, value in properties.get("Environment", {}).get("Variables", {}).items()
    }
    deployment.functions[name] = FunctionSpec(
        name=name,
        arn=arn,
        handler=properties["Handler"],
        role_arn=deployment.trusted(properties["Role"], "lambda.amazonaws.com"),
        code=deployment.assembly.asset(properties["Code"]["S3Key"]),
        timeout=float(properties.get("Timeout", 3)),
        memory_mb=int(properties.get("MemorySize", 128)),
        log_group=properties.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{name}"),
        environment=environment,
    )
    deployment.client("lambda").create_function(
        FunctionName=name,
        Runtime=properties["Runtime"],
        Role=properties["Role"],
        Handler=properties["Handler"],
        Description=properties.get("Description", ""),
        Timeout=int(properties.get("Timeout", 3)),
        MemorySize=int(properties.get("MemorySize", 128)),
        Environment={"Variables": environment},
        Code={"ZipFile": _placeholder()},
    )
    if (reserved := properties.get("ReservedConcurrentExecutions")) is not None:
        deployment.client("lambda").put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=int(reserved)
        )
    return Physical(name, {"Arn": arn})


def _placeholder() -> bytes:
    """Code for moto, which requires some. The workers run the folder of the asset."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("README", "The local run uses the code of the asset in the cloud assembly.")
    return data.getvalue()


@adapter("AWS::Lambda::Permission", handled="FunctionName Action Principal SourceArn", ignored={})
def permission(resource: Resource, deployment: Deployment) -> Physical:
    """Note which service may invoke which function."""
    properties = resource.properties
    if properties["Action"] == "lambda:InvokeFunction":
        name = properties["FunctionName"].rsplit(":", 1)[-1]
        deployment.callers.add((name, properties["Principal"]))
    return Physical(resource.id)


# What Lambda calls on a stream with the role of the function.
_READS = ("kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards")


@adapter(
    "AWS::Lambda::EventSourceMapping",
    handled="FunctionName EventSourceArn StartingPosition BatchSize MaximumRetryAttempts "
    "MaximumRecordAgeInSeconds BisectBatchOnFunctionError FunctionResponseTypes DestinationConfig",
    ignored=NO_TAGS
    | {
        "ParallelizationFactor": "each shard has one batch in progress",
        "MaximumBatchingWindowInSeconds": "records are handed over at once",
    },
)
def event_source_mapping(resource: Resource, deployment: Deployment) -> Physical:
    """Register the mapping of a Kinesis stream, after a check of the role's permissions."""
    properties = resource.properties
    stream_arn = properties["EventSourceArn"]
    if ":kinesis:" not in stream_arn:
        raise ProvisionError(f"The event source {stream_arn} is not a Kinesis stream.")
    name = properties["FunctionName"].rsplit(":", 1)[-1]
    spec = deployment.functions[name]
    destination = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    needed = [(action, stream_arn) for action in _READS]
    try:
        needed += required_permissions(destination) if destination else []
    except ValueError as error:
        raise ProvisionError(str(error)) from error
    for action, needed_on in needed:
        if not deployment.roles.allows(spec.role_arn, action, needed_on):
            raise ProvisionError(
                f"The policies of the role {spec.role_arn} do not allow {action} on {needed_on}."
            )
    mapping_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{deployment.stack}/{resource.id}"))
    deployment.event_sources.append(
        EventSource(
            id=mapping_id,
            stream_arn=stream_arn,
            function_name=name,
            function_arn=spec.arn,
            starting_position=properties["StartingPosition"],
            batch_size=int(properties.get("BatchSize", 100)),
            retries=int(properties.get("MaximumRetryAttempts", -1)),
            max_age_seconds=int(properties.get("MaximumRecordAgeInSeconds", -1)),
            bisect=bool(properties.get("BisectBatchOnFunctionError", False)),
            partial_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
            destination_arn=destination,
        )
    )
    return Physical(mapping_id, {"Id": mapping_id})
