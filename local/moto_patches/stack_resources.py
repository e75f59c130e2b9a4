"""Resources of stacks that moto's CloudFormation creates differently.

- moto puts state machines into a backend that only records executions, which its API does not read when
  executions run. A stack was complete, and its state machines did not exist. Here they are created where the
  API finds them, with the declared type and with the definition in each of its forms: a text or an object,
  with substitutions.
- `Fn::GetAtt` of a state machine has no `Arn` in moto.
- A policy inside the declaration of a role stays an object in moto, and no reader of policies expects one.
  Here it is a text, as that of `PutRolePolicy`.
- A run has the parameter with the version of the CDK's bootstrap from the start, as templates of the CDK
  demand. `cdk bootstrap` takes it over.
- A layer of moto's stacks has no `Ref` and no declared name, and is never deleted. Functions have no layers.
  Here `Ref` is the ARN of the layer, and a stack deletes its layers. Functions have those that they declare.
- `Ref` of an event bus was a description of the object in moto. Here it is the name of the bus, as on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.awslambda.models import LambdaFunction, LayerVersion
from moto.awslambda.utils import get_backend
from moto.cloudformation.exceptions import ValidationError
from moto.core.exceptions import AWSError, ServiceException
from moto.events.models import EventBus
from moto.iam.models import Role
from moto.ssm.models import Parameter, ssm_backends
from moto.stepfunctions import models
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.provision.substitutions import substituted

BOOTSTRAP = "/cdk-bootstrap/"
_original_parameter = Parameter.create_from_cloudformation_json.__func__  # type: ignore[attr-defined]
_original_function = LambdaFunction.create_from_cloudformation_json.__func__  # type: ignore[attr-defined]
_original_layer = LayerVersion.create_from_cloudformation_json.__func__  # type: ignore[attr-defined]
_original_create = StateMachine.create_from_cloudformation_json.__func__  # type: ignore[attr-defined]
_original_update = StateMachine.update_from_cloudformation_json.__func__  # type: ignore[attr-defined]
_original_has_attribute = StateMachine.has_cfn_attr.__func__  # type: ignore[attr-defined]
_original_attribute = StateMachine.get_cfn_attribute


def install() -> None:
    """Create state machines of stacks in the backend that runs them, and name event buses."""
    EventBus.physical_resource_id = property(lambda bus: bus.name)  # type: ignore[attr-defined]
    Parameter.create_from_cloudformation_json = classmethod(_create_parameter)  # type: ignore[method-assign,assignment,arg-type]
    LambdaFunction.create_from_cloudformation_json = classmethod(_create_function)  # type: ignore[method-assign,assignment,arg-type]
    LayerVersion.create_from_cloudformation_json = classmethod(_create_layer)  # type: ignore[method-assign,assignment,arg-type]
    LayerVersion.physical_resource_id = property(lambda layer: layer.arn)  # type: ignore[attr-defined]
    LayerVersion.delete = _delete_layer  # type: ignore[attr-defined]
    Role.put_policy = _put_policy  # type: ignore[method-assign]
    models.stepfunctions_backends = stepfunctions_parser_backends  # type: ignore[assignment]
    StateMachine.create_from_cloudformation_json = classmethod(_create)  # type: ignore[method-assign,assignment,arg-type]
    StateMachine.update_from_cloudformation_json = classmethod(_update)  # type: ignore[method-assign,assignment,arg-type]
    StateMachine.has_cfn_attr = classmethod(  # type: ignore[method-assign,assignment]
        lambda cls, attr: attr == "Arn" or _original_has_attribute(cls, attr)
    )
    StateMachine.get_cfn_attribute = (  # type: ignore[method-assign]
        lambda self, attribute_name: (
            self.arn if attribute_name == "Arn" else _original_attribute(self, attribute_name)
        )
    )


def _create_parameter(
    cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **more: Any
) -> Parameter:
    name = str(cloudformation_json["Properties"].get("Name", ""))
    if name.startswith(BOOTSTRAP):
        ssm_backends[account_id][region_name].delete_parameter(name)
    created: Parameter = _original_parameter(
        cls, resource_name, cloudformation_json, account_id, region_name, **more
    )
    return created


def _create_function(
    cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **more: Any
) -> LambdaFunction:
    created: LambdaFunction = _original_function(
        cls, resource_name, cloudformation_json, account_id, region_name, **more
    )
    created.update_configuration({"Layers": cloudformation_json["Properties"].get("Layers", [])})
    return created


def _create_layer(
    cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **more: Any
) -> LayerVersion:
    name = cloudformation_json["Properties"].get("LayerName", resource_name)
    created: LayerVersion = _original_layer(cls, name, cloudformation_json, account_id, region_name, **more)
    return created


def _delete_layer(self: LayerVersion, account_id: str, region_name: str) -> None:
    get_backend(account_id, region_name).delete_layer_version(self.name, str(self.version))


def _put_policy(self: Role, policy_name: str, policy_json: Any) -> None:
    text = policy_json if isinstance(policy_json, str) else json.dumps(policy_json, default=str)
    self.policies[policy_name] = text


def _create(
    cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **more: Any
) -> StateMachine:
    document = with_definition(cloudformation_json)
    with _refusals():
        created: StateMachine = _original_create(
            cls, resource_name, document, account_id, region_name, **more
        )
    created.type = document["Properties"].get("StateMachineType", "STANDARD")
    return created


def _update(cls: Any, *, cloudformation_json: Any, **more: Any) -> StateMachine:
    document = with_definition(cloudformation_json)
    declared = document["Properties"].get("StateMachineType", "STANDARD")  # moto changes the document
    with _refusals():
        updated: StateMachine = _original_update(cls, cloudformation_json=document, **more)
    updated.type = declared
    return updated


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what Step Functions refuses into an error of CloudFormation."""
    try:
        yield
    except (AWSError, ServiceException) as error:
        raise ValidationError(message=f"Step Functions refuses the state machine: {error.message}") from error


def with_definition(document: dict[str, Any]) -> dict[str, Any]:
    """The declaration with its definition as one text.

    Raises ValidationError if the definition is missing. `cloudformation/state_machines.py` reads buckets.
    """
    properties = dict(document["Properties"])
    if "Definition" in properties:
        properties["DefinitionString"] = json.dumps(properties["Definition"])
    if not properties.get("DefinitionString"):
        raise ValidationError(
            message="A state machine needs DefinitionString, Definition or DefinitionS3Location."
        )
    properties["DefinitionString"] = substituted(
        properties["DefinitionString"], properties.get("DefinitionSubstitutions", {})
    )
    return {**document, "Properties": properties}
