"""An aspect that sends the types of Amazon Personalize to a deployment of Tastemaker."""

from __future__ import annotations

import aws_cdk as cdk
import jsii
from constructs import IConstruct

from tastemaker.declaration.conversion import FAMILY
from tastemaker.declaration.types import TYPES
from tastemaker_cdk.deployment import Deployment
from tastemaker_cdk.resource import PREFIX


@jsii.implements(cdk.IAspect)
class UseTastemaker:
    """Convert `AWS::Personalize::*` to custom resources: `Aspects.of(app).add(UseTastemaker())`.

    References to the resources stay as they are: the attributes have the same names.
    """

    def visit(self, node: IConstruct) -> None:
        """Convert one resource."""
        if not isinstance(node, cdk.CfnResource) or not node.cfn_resource_type.startswith(FAMILY):
            return
        name = node.cfn_resource_type.removeprefix(FAMILY)
        if name in TYPES:
            node.add_override("Type", f"{PREFIX}{name}")
            node.add_property_override("ServiceToken", Deployment.of(node).service_token(node))
