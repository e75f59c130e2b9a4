"""The base of all constructs: a custom resource, and its part of the declaration that is validated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from tastemaker.declaration.declarations import DeclaredResource, Ref
from tastemaker.declaration.types import TYPES
from tastemaker.wire.properties import write_properties
from tastemaker_cdk import validation
from tastemaker_cdk.deployment import Deployment

PREFIX = "Custom::Tastemaker"
LATEST = "/$LATEST"
_TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")


class Latest:
    """The latest version of a solution, as the `solutionVersionArn` of a campaign or a batch job."""

    def __init__(self, solution: Resource) -> None:
        self.solution = solution


class Resource(Construct):
    """One declared resource.

    `properties` is a Create request of the API. Its values may be other constructs, which stand for their
    ARNs. `name` is generated if it is not given; only then can a change make a new resource beside the old
    one. `import_existing` takes over a resource that exists. `trigger` is any text: another one makes a new
    resource.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        type: str,
        properties: Mapping[str, Any],
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        after: Iterable[Resource] = (),
        import_existing: bool = False,
        wait: bool | None = None,
        trigger: str | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
    ) -> None:
        super().__init__(scope, id)
        self.type = type
        self.deployment = Deployment.of(self)
        declared = TYPES[type]
        given: dict[str, Any] = {member: value for member, value in properties.items() if value is not None}
        if name is not None:
            given[declared.name_member] = name
        if tags:
            given["tags"] = [{"tagKey": key, "tagValue": value} for key, value in tags.items()]
        options = {"ImportExisting": import_existing or None, "Wait": wait, "Trigger": trigger}
        self.resource = cdk.CfnResource(
            self,
            "Resource",
            type=f"{PREFIX}{type}",
            properties={
                "ServiceToken": self.deployment.service_token(self),
                **write_properties(_arns(given), declared.shape),
                **{option: value for option, value in options.items() if value is not None},
            },
        )
        self.resource.apply_removal_policy(removal_policy)
        self.after = tuple(after)
        for one in self.after:
            self.resource.node.add_dependency(one.resource)
        self._given, self._trigger, self._wait = given, trigger, wait
        validation.register(self)

    @property
    def arn(self) -> str:
        """The ARN of the resource, when the stack is deployed."""
        return self.resource.ref

    def value_of(self, name: str) -> str:
        """An attribute of the resource, such as `TrackingId`."""
        return self.resource.get_att(name).to_string()

    def declared(self) -> DeclaredResource:
        """The resource as the domain declares it. Values that are known only in a deployment are made up."""
        return DeclaredResource(
            id=self.node.path,
            type=self.type,
            properties=_declared(self._given, ""),
            place=self.node.path,
            after=tuple(one.node.path for one in self.after),
            trigger=self._trigger,
            wait=self._wait,
        )


def _arns(value: Any) -> Any:
    """A value with the ARNs of constructs in their place."""
    if isinstance(value, Resource):
        return value.arn
    if isinstance(value, Latest):
        return f"{value.solution.arn}{LATEST}"
    if isinstance(value, Mapping):
        return {name: _arns(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_arns(item) for item in value]
    return value


def _declared(value: Any, member: str) -> Any:
    """A value with references in the place of constructs, and made-up texts in that of tokens."""
    if isinstance(value, Resource):
        return Ref(value.node.path)
    if isinstance(value, Latest):
        return Ref(value.solution.node.path, LATEST)
    if isinstance(value, Mapping):
        return {name: _declared(item, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_declared(item, member) for item in value]
    if isinstance(value, str) and cdk.Token.is_unresolved(value):
        if member.endswith("roleArn"):
            return "arn:aws:iam::000000000000:role/unknown"
        if member.endswith("kmsKeyArn"):
            return "arn:aws:kms:us-east-1:000000000000:key/unknown"
        return _TOKEN.sub("unknown", value)
    return value
