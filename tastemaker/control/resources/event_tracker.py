"""Event trackers: one for each dataset group; PutEvents finds the group by the tracking id."""

from collections.abc import Mapping

from tastemaker.control.core.declaration import Body, Reference, Request
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType


class EventTracker(ResourceType):
    """An event tracker. Private member: `_id`, the end of its ARN, which is not its name."""

    name = "EventTracker"
    segment = "event-tracker"
    references = (Reference("datasetGroupArn", "DatasetGroup"),)

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        return {
            **super().build_body(request, referenced),
            "trackingId": self.context.ports.ids.uuid(),
            "accountId": self.context.ports.scope.account,
            "_id": self.context.ports.ids.short(),
        }

    def suffix(self, body: Body) -> str:
        return f"event-tracker/{body['_id']}"

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        return {
            f"tracking-id/{body['trackingId']}": arn,
            f"event-tracker-name/{body['name']}": arn,
            f"event-tracker-of/{body['datasetGroupArn']}": arn,
        }
