"""Event buses, rules and schedule groups."""

from __future__ import annotations

from local.provision.registry import NO_TAGS, Deployment, ProvisionError, adapter
from local.scheduling.rules import DETAIL_TYPE, SOURCE, Rule
from local.template import Physical, Resource

EVENTBRIDGE = "events.amazonaws.com"


@adapter("AWS::Events::EventBus", handled="Name Description", ignored=NO_TAGS)
def event_bus(resource: Resource, deployment: Deployment) -> Physical:
    """Create an event bus."""
    name = deployment.name(resource, resource.properties.get("Name"), longest=256)
    deployment.client("events").create_event_bus(Name=name)
    return Physical(name, {"Arn": deployment.account.arn("events", f"event-bus/{name}"), "Name": name})


@adapter("AWS::Scheduler::ScheduleGroup", handled="Name", ignored=NO_TAGS)
def schedule_group(resource: Resource, deployment: Deployment) -> Physical:
    """Create a schedule group."""
    name = deployment.name(resource, resource.properties.get("Name"))
    arn = deployment.client("scheduler").create_schedule_group(Name=name)["ScheduleGroupArn"]
    return Physical(name, {"Arn": arn})


@adapter(
    "AWS::Scheduler::Schedule",
    handled="Name GroupName ScheduleExpression FlexibleTimeWindow Target",
)
def schedule(resource: Resource, deployment: Deployment) -> Physical:
    """Create a schedule. `local/scheduling/schedules.py` fires it, like those that functions create."""
    properties = resource.properties
    name = deployment.name(resource, properties.get("Name"))
    target, group = properties["Target"], properties["GroupName"]
    source = deployment.account.arn("scheduler", f"schedule-group/{group}")
    created = deployment.client("scheduler").create_schedule(
        Name=name,
        GroupName=group,
        ScheduleExpression=properties["ScheduleExpression"],
        FlexibleTimeWindow=properties["FlexibleTimeWindow"],
        Target={
            "Arn": target["Arn"],
            "RoleArn": deployment.trusted(target["RoleArn"], "scheduler.amazonaws.com", source),
            "Input": target["Input"],
        },
    )
    return Physical(name, {"Arn": created["ScheduleArn"]})


@adapter(
    "AWS::Events::Rule",
    handled="Name EventPattern State Targets",
    ignored={**NO_TAGS, "Description": "a text for people"},
)
def rule(resource: Resource, deployment: Deployment) -> Physical:
    """Register a rule on executions that end. Its functions must let EventBridge invoke them."""
    properties = resource.properties
    name = deployment.name(resource, properties.get("Name"))
    pattern = properties.get("EventPattern", {})
    if pattern.get("source") != [SOURCE] or pattern.get("detail-type") != [DETAIL_TYPE]:
        raise ProvisionError(f"Only rules on {SOURCE}, {DETAIL_TYPE!r}, have events locally.")
    targets = tuple(target["Arn"] for target in properties["Targets"])
    if others := [arn for arn in targets if ":function:" not in arn]:
        raise ProvisionError(f"Rules invoke only functions here, not {', '.join(others)}.")
    if properties.get("State", "ENABLED") == "ENABLED":
        deployment.rules.append(Rule(name, pattern, targets))
    return Physical(name, {"Arn": deployment.account.arn("events", f"rule/{name}")})


def require_permissions(deployment: Deployment) -> None:
    """Check that every function behind a rule lets EventBridge invoke it; AWS would drop the event.

    Raises ProvisionError if a function does not.
    """
    for rule in deployment.rules:
        for arn in rule.functions:
            if (arn.rpartition(":")[2], EVENTBRIDGE) not in deployment.callers:
                raise ProvisionError(
                    f"The rule {rule.name} cannot invoke {arn}. Add an AWS::Lambda::Permission that lets "
                    "EventBridge call it."
                )
