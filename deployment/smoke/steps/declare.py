"""A stack that declares resources, created and deleted by CloudFormation."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from deployment.smoke.context import Context, check
from deployment.smoke.shop import AISLES, FIELDS
from tastemaker.schemas.fields import NAMESPACE

TOKEN = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:%s-declaring"


def declare(context: Context) -> str:
    """A schema with Personalize's own type, through the transform, and a filter with a custom resource."""
    formation = context.target.client("cloudformation")
    context.stack = formation.create_stack(
        StackName=context.run,
        TemplateBody=json.dumps(_template(context)),
        Capabilities=["CAPABILITY_AUTO_EXPAND"],  # a transform may add resources
    )["StackId"]
    created = _settled(context, formation)
    check(created["StackStatus"] == "CREATE_COMPLETE", _why(context, formation, created["StackStatus"]))
    arns = {one["OutputKey"]: one["OutputValue"] for one in created["Outputs"]}
    declared = context.wait("filter", "filter", arns["Filter"])["filterExpression"]
    check(AISLES[0] in declared, f"the filter has the expression {declared}")
    context.personalize.describe_schema(schemaArn=arns["Schema"])
    delete_stack(context)
    left = [name for name, arn in arns.items() if _exists(context, name.lower(), arn)]
    check(not left, f"the stack is deleted, and its {' and '.join(left).lower()} exist")
    return "a stack made a schema by the transform and a filter by a custom resource, and deleted both"


def delete_stack(context: Context) -> None:
    """Delete the stack of this run, and wait until CloudFormation has done so."""
    formation = context.target.client("cloudformation")
    formation.delete_stack(StackName=context.stack)
    ended = _settled(context, formation)["StackStatus"]
    check(ended == "DELETE_COMPLETE", _why(context, formation, ended))
    context.stack = ""


def _template(context: Context) -> dict[str, Any]:
    schema = {"type": "record", "name": "Users", "namespace": NAMESPACE, "fields": FIELDS["Users"]}
    name = f"{context.run}-declared"
    return {
        "Transform": context.target.stage.stack_name,
        "Resources": {
            "Schema": {
                "Type": "AWS::Personalize::Schema",
                "Properties": {"Name": name, "Schema": json.dumps({**schema, "version": "1.0"})},
            },
            "Filter": {
                "Type": "Custom::TastemakerFilter",
                "Properties": {
                    "ServiceToken": {"Fn::Sub": TOKEN % context.target.stage.stack_name},
                    "Name": name,
                    "DatasetGroupArn": context.group,
                    "FilterExpression": f'INCLUDE ItemID WHERE Items.AISLE IN ("{AISLES[0]}")',
                },
            },
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in ("Schema", "Filter")},
    }


def _settled(context: Context, formation: Any) -> dict[str, Any]:
    """The description of the stack, once CloudFormation has finished with it."""

    def described() -> dict[str, Any] | None:
        found: dict[str, Any] = formation.describe_stacks(StackName=context.stack)["Stacks"][0]
        return None if found["StackStatus"].endswith("_IN_PROGRESS") else found

    found: dict[str, Any] = context.until(described, f"the stack {context.run}")
    return found


def _why(context: Context, formation: Any, status: str) -> str:
    """What CloudFormation says of a stack with a status that it should not have."""
    events = formation.describe_stack_events(StackName=context.stack)["StackEvents"]
    reasons = [
        f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason', 'no reason given')}"
        for one in events
        if one["ResourceStatus"].endswith("_FAILED")
    ]
    return f"the stack {context.run} ended {status}. {'; '.join(reversed(reasons))}"


def _exists(context: Context, what: str, arn: str) -> bool:
    try:
        getattr(context.personalize, f"describe_{what}")(**{f"{what}Arn": arn})
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return False
        raise
    return True
