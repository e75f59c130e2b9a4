"""All other resource types, created by moto."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from moto.cloudformation.parsing import (
    generate_resource_name,
    resource_class_from_type,
    resource_name_property_from_type,
)

from local.account import Account
from local.cloudformation.stacks import ResourceFailedError, ResourceRequest
from local.template import Physical

# moto has these, but not for its CloudFormation. Their properties are the members of their operations.
SCHEDULE, ALARM = "AWS::Scheduler::Schedule", "AWS::CloudWatch::Alarm"
WITHOUT_EFFECT = ("AWS::CDK::Metadata", "AWS::CloudFormation::WaitConditionHandle")


class _Attributes(dict[str, str]):
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


class OtherTypes:
    """The handler of types that no function answers for. A changed resource is deleted and created again."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, request: ResourceRequest) -> Physical:
        if request.type in WITHOUT_EFFECT:
            return Physical(request.logical_id)
        if request.type == SCHEDULE:
            return self._create_schedule(request)
        if request.type == ALARM:
            return self._create_alarm(request)
        known = resource_class_from_type(request.type)
        if known is None:
            raise ResourceFailedError(f"The local run cannot create the resource type {request.type}.")
        document = {"Type": request.type, "Properties": dict(request.properties)}
        more = {
            "LogicalId": request.logical_id,
            "StackId": request.stack_id,
            "ResourceType": request.type,
        }
        try:
            resource: Any = known.create_from_cloudformation_json(
                self._name(request), document, self._account.id, self._account.region, **more
            )
        except Exception as error:
            raise ResourceFailedError(f"{error}") from error
        return Physical(resource.physical_resource_id, _Attributes(resource))

    def update(self, request: ResourceRequest) -> Physical:
        if request.type in WITHOUT_EFFECT:
            return Physical(request.logical_id)
        old = ResourceRequest(
            request.stack_id,
            request.stack_name,
            request.logical_id,
            request.type,
            request.old or {},
            request.physical_id,
        )
        self.delete(old)
        return self.create(request)

    def _create_schedule(self, request: ResourceRequest) -> Physical:
        given = dict(request.properties)
        given.setdefault("Name", f"{request.stack_name}-{request.logical_id}"[:64])
        try:
            created = self._account.client("scheduler").create_schedule(**given)
        except (ClientError, ParamValidationError) as error:
            raise ResourceFailedError(str(error)) from error
        return Physical(given["Name"], {"Arn": created["ScheduleArn"]})

    def _create_alarm(self, request: ResourceRequest) -> Physical:
        given = dict(request.properties)
        name = given.setdefault("AlarmName", f"{request.stack_name}-{request.logical_id}")
        try:
            self._account.client("cloudwatch").put_metric_alarm(**given)
        except (ClientError, ParamValidationError) as error:
            raise ResourceFailedError(str(error)) from error
        return Physical(name, {"Arn": self._account.arn("cloudwatch", f"alarm:{name}")})

    def _delete_schedule(self, request: ResourceRequest) -> None:
        group = {name: text for name, text in request.properties.items() if name == "GroupName"}
        try:
            self._account.client("scheduler").delete_schedule(Name=request.physical_id, **group)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise ResourceFailedError(str(error), request.physical_id) from error

    def delete(self, request: ResourceRequest) -> None:
        if request.type == SCHEDULE:
            self._delete_schedule(request)
            return
        if request.type == ALARM:
            self._account.client("cloudwatch").delete_alarms(AlarmNames=[request.physical_id])
            return
        known = resource_class_from_type(request.type)
        if known is None or request.type in WITHOUT_EFFECT or request.physical_id is None:
            return
        document = {"Type": request.type, "Properties": dict(request.properties)}
        try:
            known.delete_from_cloudformation_json(
                request.physical_id, document, self._account.id, self._account.region
            )
        except NotImplementedError:
            return  # moto cannot delete it; nothing of it costs anything here
        except Exception as error:
            raise ResourceFailedError(f"{error}", request.physical_id) from error

    def _name(self, request: ResourceRequest) -> str:
        member = resource_name_property_from_type(request.type)
        given = request.properties.get(member) if member else None
        return str(given or generate_resource_name(request.type, request.stack_name, request.logical_id))
