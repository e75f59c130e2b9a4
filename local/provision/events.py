"""Event buses and schedule groups."""

from __future__ import annotations

from ..template import Physical, Resource
from .registry import NO_TAGS, Deployment, adapter, ignored_type


@adapter("AWS::Events::EventBus", handled="Name Description", ignored=NO_TAGS)
def event_bus(resource: Resource, deployment: Deployment) -> Physical:
    name = deployment.name(resource, resource.properties.get("Name"), longest=256)
    deployment.client("events").create_event_bus(Name=name)
    return Physical(name, {"Arn": deployment.account.arn("events", f"event-bus/{name}"), "Name": name})


@adapter("AWS::Scheduler::ScheduleGroup", handled="Name", ignored=NO_TAGS)
def schedule_group(resource: Resource, deployment: Deployment) -> Physical:
    name = deployment.name(resource, resource.properties.get("Name"))
    arn = deployment.client("scheduler").create_schedule_group(Name=name)["ScheduleGroupArn"]
    return Physical(name, {"Arn": arn})


def _rule(resource: Resource, deployment: Deployment) -> Physical:
    name = deployment.name(resource, resource.properties.get("Name"))
    return Physical(name, {"Arn": deployment.account.arn("events", f"rule/{name}")})


ignored_type("AWS::Events::Rule", "rules listen to events of AWS's services, which send none locally", _rule)
