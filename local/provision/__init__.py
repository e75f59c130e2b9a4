"""Creates the synthesized template on moto, one small adapter per resource type."""

from __future__ import annotations

from local.provision import (
    apigateway,
    awslambda,
    dynamodb,
    events,
    firehose,
    iam,
    kinesis,
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
    dynamodb,
    events,
    firehose,
    iam,
    kinesis,
    logs,
    monitoring,
    s3,
    sns,
    sqs,
    stepfunctions,
)
_SPARK = "AWS::EMRServerless::Application"
_BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"  # the CDK's templates ask for it


def provision(template: Template, deployment: Deployment, say: Line) -> None:
    """Create every resource, in an order that its references allow.

    Raises:
        ProvisionError: a type or a property has no counterpart; nothing has been created then. Or a resource
        could not
            be created; the message names it.
    """
    _refuse_unknown(template)
    deployment.client("ssm").put_parameter(Name=_BOOTSTRAP_VERSION, Type="String", Value="30", Overwrite=True)
    order = template.ordered()
    for logical_id in order:
        kind = template.types[logical_id]
        try:
            resource = template.resource(logical_id)
            template.created(logical_id, ADAPTERS[kind].create(resource, deployment))
        except ProvisionError as error:
            raise ProvisionError(f"{logical_id} ({kind}): {error}") from error
        except (TemplateError, KeyError) as error:
            raise ProvisionError(f"{logical_id} ({kind}): {error!r}") from error
    apigateway.require_permissions(deployment)
    events.require_permissions(deployment)
    monitoring.require_permissions(deployment)
    say(f"provisioned {len(order)} resources")


def _refuse_unknown(template: Template) -> None:
    unknown = sorted({kind for kind in template.types.values() if kind not in ADAPTERS})
    if unknown:
        spark = "; set distributed.enabled to false for a local run" if _SPARK in unknown else ""
        raise ProvisionError(f"no adapter in local/provision for {', '.join(unknown)}{spark}")
    for logical_id, kind in template.types.items():
        ADAPTERS[kind].refuse_unknown(logical_id, kind, template.declared_properties(logical_id))
