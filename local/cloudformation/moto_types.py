"""Resource types that moto creates for its own CloudFormation.

They are no requests, so a run that keeps its state notes each of these actions (`record`), and the next run
performs them again (`repeat`), with the seed and the time that moto had.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from random import SystemRandom
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.cloudformation.parsing import resource_class_from_type, resource_name_property_from_type

from local.account import Account
from local.cloudformation.client_types import name_of
from local.cloudformation.stacks import ResourceFailedError, ResourceRequest
from local.moto_patches.pinned import pinned
from local.template import Physical

Entry = dict[str, Any]
CREATE, UPDATE, DELETE = "create", "update", "delete"
MADE_AGAIN = (
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Logs::ResourcePolicy",
    "AWS::SSM::Parameter",
    "AWS::StepFunctions::StateMachine",
)
"""Types without data of their own. A change deletes the resource and creates it again under its name."""


class Attributes(dict[str, str]):
    """The attributes of a resource of moto, read when they are needed."""

    def __init__(self, resource: Any) -> None:
        super().__init__()
        self._resource = resource

    def __missing__(self, name: str) -> str:
        try:
            return str(self._resource.get_cfn_attribute(name))
        except Exception as error:
            raise KeyError(name) from error

    def __iter__(self) -> Iterator[str]:
        return iter(())


class MotoTypes:
    """The handler of types that moto can create."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._resources: dict[tuple[str, str], Any] = {}
        self._note: Callable[[Entry], None] | None = None

    def record(self, note: Callable[[Entry], None]) -> None:
        """Note each action from now on."""
        self._note = note

    def create(self, request: ResourceRequest) -> Physical:
        return self._perform(CREATE, request, name_of(request))

    def update(self, request: ResourceRequest) -> Physical:
        """Change a resource without data. Raises ResourceFailedError for one that may have data."""
        if request.type not in MADE_AGAIN:
            raise ResourceFailedError(
                f"The local run cannot change the resource type {request.type} in place, and a new resource "
                "would lose what the old one has. Declare the new one under another logical ID.",
                request.physical_id,
            )
        resource = self._resources.get((request.type, str(request.physical_id)))
        return self._perform(UPDATE, request, _name_after(resource, request))

    def delete(self, request: ResourceRequest) -> None:
        self._perform(DELETE, request, "")

    def attributes(self, resource_type: str, physical_id: str) -> dict[str, str]:
        """The attributes of a resource that exists."""
        found = self._resources.get((resource_type, physical_id))
        return {} if found is None else Attributes(found)

    def repeat(self, entry: Mapping[str, Any]) -> None:
        """Perform an action of an earlier run again. Raises ResourceFailedError."""
        request = ResourceRequest(**entry["request"])
        with pinned(entry["seed"], entry["time"]):
            self._act(entry["action"], request, entry["name"])

    def _perform(self, action: str, request: ResourceRequest, name: str) -> Physical:
        seed, moment = SystemRandom().getrandbits(64), time.time()
        with pinned(seed, moment):
            physical = self._act(action, request, name)
        if self._note is not None:
            place = {"type": "resource", "action": action, "request": asdict(request), "name": name}
            self._note({**place, "seed": seed, "time": moment})
        return physical

    def _act(self, action: str, request: ResourceRequest, name: str) -> Physical:
        known = resource_class_from_type(request.type)
        if known is None:
            raise ResourceFailedError(f"The local run cannot create the resource type {request.type}.")
        try:
            if action == DELETE:
                self._remove(known, request)
                return Physical(str(request.physical_id))
            if action == UPDATE:
                return self._make_again(known, request, name)
            return self._make(known, request, name)
        except ResourceFailedError:
            raise
        except Exception as error:
            raise ResourceFailedError(f"{error}", request.physical_id) from error

    def _make(self, known: Any, request: ResourceRequest, name: str) -> Physical:
        more = {
            "LogicalId": request.logical_id,
            "StackId": request.stack_id,
            "ResourceType": request.type,
        }
        resource: Any = known.create_from_cloudformation_json(
            name, _document(request), self._account.id, self._account.region, **more
        )
        physical_id = str(resource.physical_resource_id)
        self._resources[request.type, physical_id] = resource
        return Physical(physical_id, Attributes(resource))

    def _make_again(self, known: Any, request: ResourceRequest, name: str) -> Physical:
        resource = self._resources.get((request.type, str(request.physical_id)))
        policies = _policies_of_others(resource, request)
        if resource is not None:
            self._remove(known, replace(request, properties=request.old or {}))
        made = self._make(known, request, name)
        again: Any = self._resources[request.type, made.ref]
        for policy, text in policies.items():
            again.policies.setdefault(policy, text)
        if isinstance(resource, LambdaFunction) and made.ref == request.physical_id:
            again.policy.statements = resource.policy.statements  # permissions are resources of their own
        return made

    def _remove(self, known: Any, request: ResourceRequest) -> None:
        place = request.type, str(request.physical_id)
        resource: Any = self._resources.get(place)
        if hasattr(resource, "delete"):
            resource.delete(self._account.id, self._account.region)
        elif hasattr(known.delete_from_cloudformation_json, "__isabstractmethod__"):
            raise ResourceFailedError(
                f"The local run cannot delete the resource type {request.type}. Delete {request.physical_id} "
                "by its own service, and then the stack with RetainResources.",
                request.physical_id,
            )
        else:
            known.delete_from_cloudformation_json(
                request.physical_id, _document(request), self._account.id, self._account.region
            )
        self._resources.pop(place, None)


def _document(request: ResourceRequest) -> dict[str, Any]:
    return {"Type": request.type, "Properties": copy.deepcopy(request.properties)}  # moto changes some


def _name_after(resource: Any, request: ResourceRequest) -> str:
    """The name of a resource after a change: the declared one, or that which it has."""
    if resource is None or resource_name_property_from_type(request.type) in request.properties:
        return name_of(request)
    has = resource.function_name if isinstance(resource, LambdaFunction) else getattr(resource, "name", None)
    return str(has or name_of(request))


def _policies_of_others(resource: Any, request: ResourceRequest) -> dict[str, Any]:
    """The policies of a role that its own declaration does not have: `AWS::IAM::Policy` puts them there."""
    if request.type != "AWS::IAM::Role" or resource is None:
        return {}
    own = {policy["PolicyName"] for policy in (request.old or {}).get("Policies", ())}
    return {name: text for name, text in resource.policies.items() if name not in own}
