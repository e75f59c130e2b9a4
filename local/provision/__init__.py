"""Creates the resources of the synthesized template on moto, with one adapter for each resource type."""

from __future__ import annotations

from local.provision import (
    apigateway,
    awslambda,
    cloudformation,
    dynamodb,
    events,
    firehose,
    iam,
    kinesis,
    kms,
    logs,
    monitoring,
    s3,
    sns,
    sqs,
    stepfunctions,
)
from local.provision.registry import ADAPTERS, IGNORED_TYPES, Deployment, ProvisionError
from local.template import Template, TemplateError
from local.terminal import Line

__all__ = ["ADAPTERS", "IGNORED_TYPES", "Deployment", "ProvisionError", "provision"]
_MODULES = (
    apigateway,
    awslambda,
    cloudformation,
    dynamodb,
    events,
    firehose,
    iam,
    kinesis,
    kms,
    logs,
    monitoring,
    s3,
    sns,
    sqs,
    stepfunctions,
)
_WITHOUT = {
    "AWS::EMRServerless::Application": " Set distributed.enabled to false for a local run.",
    "AWS::OpenSearchServerless::Collection": " Set search.collection to false for a local run.",
}
_BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"  # a parameter of the CDK's templates


def provision(template: Template, deployment: Deployment, log: Line) -> None:
    """Create every resource after those that it refers to.

    Raises ProvisionError if a resource type or a property has no counterpart here, before anything is
    created, or if a resource cannot be created. The message names it.
    """
    _refuse_unknown(template)
    deployment.client("ssm").put_parameter(Name=_BOOTSTRAP_VERSION, Type="String", Value="30", Overwrite=True)
    order = template.ordered()
    for logical_id in order:
        resource_type = template.types[logical_id]
        try:
            resource = template.resource(logical_id)
            template.created(logical_id, ADAPTERS[resource_type].create(resource, deployment))
        except ProvisionError as error:
            raise ProvisionError(f"{logical_id} ({resource_type}): {error}") from error
        except (TemplateError, KeyError) as error:
            raise ProvisionError(f"{logical_id} ({resource_type}): {error!r}") from error
    apigateway.require_permissions(deployment)
    events.require_permissions(deployment)
    monitoring.require_permissions(deployment)
    log(f"provisioned {len(order)} resources")


def _refuse_unknown(template: Template) -> None:
    unknown = sorted(set(template.types.values()) - set(ADAPTERS))
    if unknown:
        settings = "".join(text for one, text in _WITHOUT.items() if one in unknown)
        raise ProvisionError(f"local/provision has no adapter for {', '.join(unknown)}.{settings}")
    for logical_id, resource_type in template.types.items():
        properties = template.declared_properties(logical_id)
        ADAPTERS[resource_type].refuse_unknown(logical_id, resource_type, properties)
