"""All resource types that no function answers for: each with the handler that knows it best.

Buckets, tables and a few more are created by calls of their own service, so the state of a run has them as it
has those that a program creates. All others are moto's (`moto_types.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from botocore.exceptions import ClientError, ParamValidationError
from moto.cloudformation.parsing import get_model_map

from local.account import Account
from local.cloudformation.buckets import Buckets
from local.cloudformation.client_types import Alarms, BucketPolicies, Permissions, Schedules, WithoutEffect
from local.cloudformation.message_types import QueuePolicies, Subscriptions, TopicPolicies
from local.cloudformation.moto_types import MotoTypes
from local.cloudformation.stacks import Handler, ResourceFailedError, ResourceRequest
from local.cloudformation.state_machines import StateMachines
from local.cloudformation.tables import Tables
from local.template import Physical

Result = TypeVar("Result")
INCOMPLETE = ("AWS::ApiGateway::", "AWS::CloudFormation::Stack")
"""Moto's APIs are without stages and cannot be deleted, and its nested stacks know moto's types only."""


class OtherTypes:
    """The handler of all types that are not custom resources."""

    def __init__(self, account: Account) -> None:
        self.moto = MotoTypes(account)
        without = WithoutEffect()
        self._handlers: Mapping[str, Handler] = {
            "AWS::CDK::Metadata": without,
            "AWS::CloudFormation::WaitConditionHandle": without,
            "AWS::CloudWatch::Alarm": Alarms(account),
            "AWS::DynamoDB::Table": Tables(account),
            "AWS::Lambda::Permission": Permissions(account),
            "AWS::S3::Bucket": Buckets(account),
            "AWS::S3::BucketPolicy": BucketPolicies(account),
            "AWS::Scheduler::Schedule": Schedules(account),
            "AWS::SNS::Subscription": Subscriptions(account),
            "AWS::SNS::TopicPolicy": TopicPolicies(account),
            "AWS::SQS::QueuePolicy": QueuePolicies(account),
            "AWS::StepFunctions::StateMachine": StateMachines(account, self.moto),
        }

    def creates(self, resource_type: str) -> bool:
        """Whether a type can be created, and its stack deleted."""
        if resource_type in self._handlers:
            return True
        return resource_type in get_model_map() and not resource_type.startswith(INCOMPLETE)

    def create(self, request: ResourceRequest) -> Physical:
        return _checked(request, lambda: self._handler(request).create(request))

    def update(self, request: ResourceRequest) -> Physical:
        return _checked(request, lambda: self._handler(request).update(request))

    def delete(self, request: ResourceRequest) -> None:
        if request.physical_id is not None:
            _checked(request, lambda: self._handler(request).delete(request))

    def _handler(self, request: ResourceRequest) -> Handler:
        return self._handlers.get(request.type, self.moto)


def _checked(request: ResourceRequest, call: Callable[[], Result]) -> Result:
    """The result of a call. Whatever fails is the reason why the resource fails."""
    try:
        return call()
    except ResourceFailedError:
        raise
    except ClientError as error:
        answer = error.response["Error"]
        reason = f"{answer.get('Message', answer['Code'])} ({error.operation_name}: {answer['Code']})"
        raise ResourceFailedError(reason, request.physical_id) from error
    except ParamValidationError as error:
        raise ResourceFailedError(str(error), request.physical_id) from error
    except KeyError as error:
        reason = f"{request.type} needs the property {error.args[0]}."
        raise ResourceFailedError(reason, request.physical_id) from error
    except Exception as error:
        reason = f"The local run failed with {type(error).__name__}: {error}"
        raise ResourceFailedError(reason, request.physical_id) from error
