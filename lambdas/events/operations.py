"""The operations of personalize-events: find the dataset, check the request, store what it sends."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from lambdas.events.targets import EventTarget, EventTargets
from tastemaker.contracts.dataset_storage import DatasetStorage
from tastemaker.contracts.metrics import (
    ACCEPTED_EVENTS,
    ACCEPTED_RECORDS,
    REFUSED_EVENTS,
    REFUSED_RECORDS,
)
from tastemaker.contracts.streamed_event import StreamedEvent
from tastemaker.errors import InvalidInput
from tastemaker.events.properties import Value
from tastemaker.events.streaming import action_records, stream_records
from tastemaker.events.upserts import catalog_records


class EventTransport(Protocol):
    """How events get to the profiles and to the lake."""

    def put(self, events: Sequence[StreamedEvent]) -> None:
        """Store all events. Raises ServiceUnavailable if it is not certain that all of them are stored."""


class Metrics(Protocol):
    """The metrics of the current request."""

    def concerns(self, **resources: str) -> None:
        """Set the resources of the request, by member of the API."""

    def add(self, metric: str, value: float = 1) -> None:
        """Add to a figure of the request."""


class NoMetrics:
    """Metrics that nobody reads."""

    def concerns(self, **resources: str) -> None:
        pass

    def add(self, metric: str, value: float = 1) -> None:
        pass


class Catalog(Protocol):
    """Where items, users and actions go."""

    def put(self, dataset: DatasetStorage, records: Sequence[tuple[str, Mapping[str, Value]]]) -> None:
        """Store all records, each an id and its schema field → value."""


NO_METRICS = NoMetrics()


def operations(
    targets: EventTargets,
    transport: EventTransport,
    catalog: Catalog,
    metrics: Metrics = NO_METRICS,
    clock: Callable[[], float] = time.time,
) -> Mapping[str, Callable[[dict[str, Any]], None]]:
    """The operations by name. Each returns nothing, after everything is stored."""

    def put_events(params: dict[str, Any]) -> None:
        target = targets.of_tracker(params["trackingId"])
        with _reported(metrics, target, params["eventList"], ACCEPTED_EVENTS):
            transport.put(stream_records(params, target.schema, target.storage.event_group, now=clock()))

    def put_items(params: dict[str, Any]) -> None:
        put("ITEMS", "itemId", params["datasetArn"], params["items"])

    def put_users(params: dict[str, Any]) -> None:
        put("USERS", "userId", params["datasetArn"], params["users"])

    def put_actions(params: dict[str, Any]) -> None:
        put("ACTIONS", "actionId", params["datasetArn"], params["actions"])

    def put_action_interactions(params: dict[str, Any]) -> None:
        target = targets.of_action_tracker(params["trackingId"])
        with _reported(metrics, target, params["actionInteractions"], ACCEPTED_EVENTS):
            transport.put(action_records(params, target.schema, target.storage.event_group, now=clock()))

    def put(dataset_type: str, id_member: str, arn: str, entries: list[dict[str, Any]]) -> None:
        target = targets.of_dataset(arn)
        if target.dataset_type != dataset_type:
            raise InvalidInput(f"{arn} is a dataset of type {target.dataset_type}, not {dataset_type}.")
        with _reported(metrics, target, entries, ACCEPTED_RECORDS):
            catalog.put(target.storage, catalog_records(entries, id_member, target.schema, now=clock()))

    return {
        "PutEvents": put_events,
        "PutItems": put_items,
        "PutUsers": put_users,
        "PutActions": put_actions,
        "PutActionInteractions": put_action_interactions,
    }


@contextmanager
def _reported(metrics: Metrics, target: EventTarget, entries: Sequence[Any], accepted: str) -> Iterator[None]:
    """Report the entries of a request as accepted, or as refused if one of them is not valid."""
    metrics.concerns(**target.resources)
    try:
        yield
    except InvalidInput:
        metrics.add(REFUSED_EVENTS if accepted == ACCEPTED_EVENTS else REFUSED_RECORDS, len(entries))
        raise
    metrics.add(accepted, len(entries))
