"""Which deployment of Tastemaker answers for the resources of a stack."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import IConstruct

CONTEXT = "tastemaker:stack"
DEFAULT_STACK = "tastemaker-prod"


@dataclass(frozen=True)
class Deployment:
    """A deployment, by the name of its stack in the same account and region.

    The context `tastemaker:stack` names it: `cdk deploy -c tastemaker:stack=tastemaker-dev`, or in code
    `Deployment("tastemaker-dev").use(stack)`. `namespace` is the CloudWatch namespace of its metrics, and
    `api_id` the ID of its HTTP API, for grants; `*` is any API of the account.
    """

    stack_name: str = DEFAULT_STACK
    namespace: str = ""
    api_id: str = "*"

    def use(self, scope: IConstruct) -> None:
        """Use this deployment for all constructs below `scope` that are created later."""
        scope.node.set_context(CONTEXT, [self.stack_name, self.namespace, self.api_id])

    @classmethod
    def of(cls, scope: IConstruct) -> Deployment:
        """The deployment of a construct."""
        found = scope.node.try_get_context(CONTEXT)
        if found is None:
            return cls()
        return cls(found) if isinstance(found, str) else cls(*map(str, found))

    def service_token(self, scope: IConstruct) -> str:
        """The ARN of the function that answers for custom resources."""
        return cdk.Stack.of(scope).format_arn(
            service="lambda",
            resource="function",
            resource_name=f"{self.stack_name}-declaring",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )

    def roles(self, scope: IConstruct) -> str:
        """The ARN pattern of the roles of the deployment's functions."""
        return cdk.Stack.of(scope).format_arn(
            service="iam", region="", resource="role", resource_name=f"{self.stack_name}-*"
        )

    def api_arn(self, scope: IConstruct, route: str) -> str:
        """The ARN of a route of the API, such as `POST/recommendations`."""
        return cdk.Stack.of(scope).format_arn(
            service="execute-api", resource=self.api_id, resource_name=f"*/{route}"
        )

    def metric(self, name: str, dimensions: dict[str, str], statistic: str) -> cloudwatch.Metric:
        """A metric of the deployment."""
        return cloudwatch.Metric(
            namespace=self.namespace or self.stack_name,
            metric_name=name,
            dimensions_map=dimensions,
            statistic=statistic,
            period=cdk.Duration.minutes(5),
        )
