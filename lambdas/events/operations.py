"""PutEvents, PutItems, PutUsers, PutActions and PutActionInteractions: look up, check, store."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lambdas.events.targets import EventTargets
from tastemaker.errors import InvalidInput
from tastemaker.events.streaming import action_records, stream_records
from tastemaker.events.upserts import catalog_records


class Stream(Protocol):
    def put(self, events: list[dict[str, Any]]) -> None: ...


class Shelf(Protocol):
    def put(self, dataset_arn: str, records: list[tuple[str, dict[str, Any]]]) -> None: ...


def operations(
    targets: EventTargets, stream: Stream, catalog: Shelf
) -> Mapping[str, Callable[[dict[str, Any]], None]]:
    """The operations by name. Each returns when everything is stored, and answers nothing."""

    def put_events(params: dict[str, Any]) -> None:
        target = targets.of_tracker(params["trackingId"])
        stream.put(stream_records(params, target.schema, target.dataset_group))

    def put_items(params: dict[str, Any]) -> None:
        put("ITEMS", "itemId", params["datasetArn"], params["items"])

    def put_users(params: dict[str, Any]) -> None:
        put("USERS", "userId", params["datasetArn"], params["users"])

    def put_actions(params: dict[str, Any]) -> None:
        put("ACTIONS", "actionId", params["datasetArn"], params["actions"])

    def put_action_interactions(params: dict[str, Any]) -> None:
        target = targets.of_action_tracker(params["trackingId"])
        stream.put(action_records(params, target.schema, target.dataset_group))

    def put(kind: str, id_member: str, arn: str, entries: list[dict[str, Any]]) -> None:
        target = targets.of_dataset(arn)
        if target.dataset_type != kind:
            raise InvalidInput(f"{arn} is a dataset of type {target.dataset_type}, not {kind}.")
        catalog.put(arn, catalog_records(entries, id_member, target.schema))

    return {
        "PutEvents": put_events,
        "PutItems": put_items,
        "PutUsers": put_users,
        "PutActions": put_actions,
        "PutActionInteractions": put_action_interactions,
    }
