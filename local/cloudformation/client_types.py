"""Resource types that are created by calls of their own service, and small ones among them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudformation.parsing import generate_resource_name, resource_name_property_from_type

from local.account import Account
from local.cloudformation.stacks import ResourceFailedError, ResourceRequest
from local.template import Physical


def name_of(request: ResourceRequest) -> str:
    """The declared name of a resource, or one as CloudFormation generates it."""
    member = resource_name_property_from_type(request.type)
    given = request.properties.get(member) if member else None
    return str(given or generate_resource_name(request.type, request.stack_name, request.logical_id))


def must_be_replaced(request: ResourceRequest, name_member: str, members: Iterable[str]) -> bool:
    """Whether an update needs a new resource, because one of the properties `members` changes.

    Raises ResourceFailedError if the new one would have the name of the old one.
    """
    old = request.old or {}
    if name_member in request.properties and request.properties[name_member] != request.physical_id:
        return True
    if all(request.properties.get(member) == old.get(member) for member in members):
        return False
    if name_member in request.properties:
        raise ResourceFailedError(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename "
            f"{request.properties[name_member]} and update the stack again.",
            request.physical_id,
        )
    return True


def refuse_unknown(request: ResourceRequest, handled: Iterable[str], ignored: Mapping[str, str]) -> None:
    """Raise ResourceFailedError for a property that would have no effect here."""
    unknown = sorted(set(request.properties) - set(handled) - set(ignored))
    if unknown:
        raise ResourceFailedError(
            f"The local run does not know the property {', '.join(unknown)} of {request.type}.",
            request.physical_id,
        )


def ignore(codes: Iterable[str], error: ClientError) -> None:
    """Raise an error of a service, unless it says that there is nothing to delete."""
    if error.response["Error"]["Code"] not in codes:
        raise error


class WithoutEffect:
    """Types that nothing here looks at."""

    def create(self, request: ResourceRequest) -> Physical:
        return Physical(request.physical_id or request.logical_id)

    def update(self, request: ResourceRequest) -> Physical:
        return self.create(request)

    def delete(self, request: ResourceRequest) -> None:
        pass


class Schedules:
    """`AWS::Scheduler::Schedule`: its properties are the members of CreateSchedule."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, request: ResourceRequest) -> Physical:
        given = dict(request.properties)
        given.setdefault("Name", f"{request.stack_name}-{request.logical_id}"[:64])
        created = self._account.client("scheduler").create_schedule(**given)
        return Physical(given["Name"], {"Arn": created["ScheduleArn"]})

    def update(self, request: ResourceRequest) -> Physical:
        if must_be_replaced(request, "Name", ("GroupName",)):
            return self.create(request)
        given = {**request.properties, "Name": request.physical_id}
        changed = self._account.client("scheduler").update_schedule(**given)
        return Physical(str(request.physical_id), {"Arn": changed["ScheduleArn"]})

    def delete(self, request: ResourceRequest) -> None:
        group = {name: text for name, text in request.properties.items() if name == "GroupName"}
        try:
            self._account.client("scheduler").delete_schedule(Name=request.physical_id, **group)
        except ClientError as error:
            ignore(["ResourceNotFoundException"], error)


class Alarms:
    """`AWS::CloudWatch::Alarm`: its properties are the members of PutMetricAlarm."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, request: ResourceRequest) -> Physical:
        return self._put(request, f"{request.stack_name}-{request.logical_id}")

    def update(self, request: ResourceRequest) -> Physical:
        return self._put(request, str(request.physical_id))

    def _put(self, request: ResourceRequest, name: str) -> Physical:
        given = dict(request.properties)
        name = given.setdefault("AlarmName", name)
        self._account.client("cloudwatch").put_metric_alarm(**given)
        return Physical(name, {"Arn": self._account.arn("cloudwatch", f"alarm:{name}")})

    def delete(self, request: ResourceRequest) -> None:
        self._account.client("cloudwatch").delete_alarms(AlarmNames=[request.physical_id])


class BucketPolicies:
    """`AWS::S3::BucketPolicy`. Its physical ID is the bucket."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, request: ResourceRequest) -> Physical:
        given: Mapping[str, Any] = request.properties
        policy = json.dumps(given["PolicyDocument"])
        self._account.client("s3").put_bucket_policy(Bucket=given["Bucket"], Policy=policy)
        return Physical(str(given["Bucket"]))

    def update(self, request: ResourceRequest) -> Physical:
        return self.create(request)

    def delete(self, request: ResourceRequest) -> None:
        try:
            self._account.client("s3").delete_bucket_policy(Bucket=request.physical_id)
        except ClientError as error:
            ignore(["NoSuchBucket", "NoSuchBucketPolicy"], error)


class Permissions:
    """`AWS::Lambda::Permission`: its properties are the members of AddPermission.

    A change makes another permission.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, request: ResourceRequest) -> Physical:
        name = f"{request.stack_name}-{request.logical_id}-{uuid.uuid4().hex[:12]}"[-100:]
        self._account.client("lambda").add_permission(StatementId=name, **request.properties)
        return Physical(name)

    def update(self, request: ResourceRequest) -> Physical:
        return self.create(request)

    def delete(self, request: ResourceRequest) -> None:
        function = request.properties["FunctionName"]
        try:
            self._account.client("lambda").remove_permission(
                FunctionName=function, StatementId=request.physical_id
            )
        except ClientError as error:
            ignore(["ResourceNotFoundException"], error)
