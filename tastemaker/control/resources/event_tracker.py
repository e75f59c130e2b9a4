"""Event trackers: one for each dataset group; PutEvents finds the group by the tracking id."""

from collections.abc import Mapping

from tastemaker.control.core.context import Context
from tastemaker.control.core.declaration import Body, Reference, Request
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType

HAD_TRACKER = "_hadTracker"
"""A private member of a dataset group whose event tracker was deleted."""


class EventTracker(ResourceType):
    """An event tracker. Private member: `_id`, the end of its ARN, which is not its name."""

    name = "EventTracker"
    segment = "event-tracker"
    arn_end = "<id>"
    references = (Reference("datasetGroupArn", "DatasetGroup"),)

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        return {
            **super().build_body(request, referenced),
            "trackingId": self.context.ports.ids.uuid(),
            "accountId": self.context.ports.scope.account,
            "_id": self.context.ports.ids.short(),
        }

    def before_delete(self, record: Record) -> None:
        """Note on the dataset group that it had a tracker: `Dataset` asks for it."""
        group = self.context.records.get(record.body["datasetGroupArn"])
        if group is not None:
            self.context.writer.change_private(group, **{HAD_TRACKER: True})

    def suffix(self, body: Body) -> str:
        return f"event-tracker/{body['_id']}"

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        return {
            f"tracking-id/{body['trackingId']}": arn,
            f"event-tracker-name/{body['name']}": arn,
            tracker_alias(body["datasetGroupArn"]): arn,
        }


def tracker_alias(group_arn: str) -> str:
    """The alias of the event tracker of a dataset group."""
    return f"event-tracker-of/{group_arn}"


def has_or_had_tracker(context: Context, group_arn: str) -> bool:
    """Whether a dataset group exists and has an event tracker, or had one."""
    group = context.records.get(group_arn)
    if group is None:
        return False
    return HAD_TRACKER in group.body or context.records.by_alias(tracker_alias(group_arn)) is not None
