"""Event trackers: one for each dataset group; the tracking id leads PutEvents to the group."""

from collections.abc import Mapping

from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Kind, Reference, Request
from tastemaker.control.core.records import Record


class EventTracker(Kind):
    name = "EventTracker"
    segment = "event-tracker"
    refers = (Reference("datasetGroupArn", "DatasetGroup"),)

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        members = super().members(desk, request, found)
        return {
            **members,
            "trackingId": desk.ids.uuid(),
            "accountId": desk.place.account,
            "_id": desk.ids.short(),
        }

    def suffix(self, desk: Desk, body: Body) -> str:
        return f"event-tracker/{body['_id']}"  # live ARNs end in an id, not in the name

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        return {
            f"tracking-id/{body['trackingId']}": arn,
            f"event-tracker-name/{body['name']}": arn,
            f"event-tracker-of/{body['datasetGroupArn']}": arn,
        }
