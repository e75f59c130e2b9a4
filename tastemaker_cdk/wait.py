"""Waiting in a deployment, longer than the hour that CloudFormation gives to a custom resource."""

from __future__ import annotations

import math

import aws_cdk as cdk
from constructs import Construct

from tastemaker_cdk.deployment import Deployment
from tastemaker_cdk.resource import PREFIX, Resource

MINUTES_PER_LINK = 50


class Wait(Construct):
    """Wait until a resource is ACTIVE: a training, a campaign, or a recommender.

    It is a chain of custom resources, each of which waits for 50 minutes at most. If the resource is not
    ACTIVE after `hours`, the deployment fails.
    """

    def __init__(self, scope: Construct, id: str, *, resource: Resource, hours: float = 4) -> None:
        super().__init__(scope, id)
        token = Deployment.of(self).service_token(self)
        links = max(math.ceil(hours * 60 / MINUTES_PER_LINK), 1)
        self.last: cdk.CfnResource | None = None
        for number in range(1, links + 1):
            properties = {"ServiceToken": token, "Arn": resource.arn, "Last": number == links}
            link = cdk.CfnResource(self, f"Link{number}", type=f"{PREFIX}Wait", properties=properties)
            if self.last is not None:
                link.node.add_dependency(self.last)
            self.last = link
