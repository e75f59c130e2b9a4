"""State machines, created from their own definitions."""

from __future__ import annotations

from botocore.exceptions import ClientError

from local.provision.registry import NO_TAGS, Deployment, ProvisionError, adapter
from local.provision.substitutions import substituted
from local.template import Physical, Resource


@adapter(
    "AWS::StepFunctions::StateMachine",
    handled="StateMachineName DefinitionString DefinitionSubstitutions RoleArn StateMachineType",
    ignored=NO_TAGS
    | {
        "LoggingConfiguration": "GetExecutionHistory returns all events",
        "TracingConfiguration": "there is no X-Ray",
        "EncryptionConfiguration": "moto keeps executions in memory",
    },
)
def state_machine(resource: Resource, deployment: Deployment) -> Physical:
    """Create a state machine from its definition."""
    properties = resource.properties
    name = deployment.name(resource, properties.get("StateMachineName"), longest=80)
    definition = substituted(properties["DefinitionString"], properties.get("DefinitionSubstitutions", {}))
    try:
        arn = deployment.client("stepfunctions").create_state_machine(
            name=name,
            definition=definition,
            roleArn=deployment.trusted(
                properties["RoleArn"],
                "states.amazonaws.com",
                deployment.account.arn("states", f"stateMachine:{name}"),
            ),
            type=properties.get("StateMachineType", "STANDARD"),
        )["stateMachineArn"]
    except ClientError as error:
        raise ProvisionError(f"Step Functions rejects the definition: {error}") from error
    return Physical(arn, {"Arn": arn, "Name": name})
