"""The transforms that templates can name."""

from __future__ import annotations

from local.provision.registry import Deployment, adapter
from local.template import Physical, Resource


@adapter(
    "AWS::CloudFormation::Macro",
    handled="Name FunctionName",
    ignored={"Description": "nothing reads it here"},
)
def macro(resource: Resource, deployment: Deployment) -> Physical:
    """Note the function of a transform."""
    name = resource.properties["Name"]
    deployment.macros[name] = resource.properties["FunctionName"]
    return Physical(name)
