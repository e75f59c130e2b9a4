"""Events on EventBridge's buses, given to whoever delivers them.

moto sends an event to queues, log groups, archives and other buses while it answers PutEvents, and fails at
other targets. It asks neither whether the rule is enabled nor whether it has a pattern, and of the ways to
change what a target gets it knows only the template. Here it finds the rules that match, and
`local/scheduling/targets.py` delivers.

Events of S3 have the same identifiers each time in moto, and go to all buses. Here each has its own, and they
go to the default bus.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import copy
import datetime
import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.events.models import Rule, events_backends
from moto.s3 import notifications
from moto.s3.models import s3_backends

Event = dict[str, Any]
Deliver = Callable[[Rule, dict[str, Any], Event], None]
DEFAULT_BUS = "default"
_send_to_targets = Rule.send_to_targets
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
}


def install(deliver: Deliver) -> None:
    """Call `deliver(rule, target, event)` for each target of a rule that an event matches.

    A second call replaces the first.
    """

    def send(self: Rule, original_event: Any, transform_input: bool = True) -> None:
        if self.state != "ENABLED" or self.event_pattern.dump() is None:
            return
        event: Any = {name: value for name, value in original_event.items() if name != "ingestion-time"}
        event["time"] = text_of_time(event["time"])
        if self.event_pattern.matches_event(event):
            for target in list(self.targets):
                deliver(self, target, event)

    Rule.send_to_targets = send  # type: ignore[method-assign]
    notifications._send_event_bridge_message = _send_event_of_bucket


def send_by_moto(rule: Rule, target: dict[str, Any], event: Event) -> None:
    """Let moto itself send an event to a target: an archive, another bus, or an API destination."""
    alone = copy.copy(rule)
    alone.targets = [target]
    moment = datetime.datetime.fromisoformat(event["time"]).timestamp()
    _send_to_targets(alone, {**event, "time": moment, "ingestion-time": moment})  # type: ignore[typeddict-item]


def send_to_bus(event: Event) -> None:
    """Send an event of an AWS service to the rules of the default bus of its account and region."""
    backend = events_backends[event["account"]][event["region"]]
    for rule in list(backend.event_buses[DEFAULT_BUS].rules.values()):
        rule.send_to_targets(copy.deepcopy(event))  # type: ignore[arg-type]


def service_event(
    source: str, detail_type: str, resources: list[str], detail: Any, *, account: str, region: str
) -> Event:
    """An event of an AWS service, now."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": text_of_time(time.time()),
        "region": region,
        "resources": resources,
        "detail": detail,
    }


def _send_event_of_bucket(account_id: str, bucket: Any, event_name: Any, key: Any) -> None:
    name = str(event_name.value).removeprefix("s3:")
    if name == "ObjectTagging:Put" and not _has_tags(account_id, bucket, key):
        return  # moto puts tags, or none, with each upload
    about = {"key": key.name, "etag": key.etag.replace('"', ""), "sequencer": f"{time.time_ns():016X}"}
    if bucket.is_versioned:
        about["version-id"] = key.version_id
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": about,
        "request-id": uuid.uuid4().hex[:16].upper(),
        "requester": account_id,
        "source-ip-address": "127.0.0.1",
    }
    if name in _REASONS:
        detail["reason"] = _REASONS[name]
    if name.startswith("ObjectRemoved"):
        detail["deletion-type"] = "Permanently Deleted"  # moto has no event of a delete marker
    else:
        about["size"] = key.size
    place = {"account": account_id, "region": bucket.region_name}
    event = service_event("aws.s3", notifications._detail_type(event_name), [bucket.arn], detail, **place)
    send_to_bus(event)


def _has_tags(account_id: str, bucket: Any, key: Any) -> bool:
    return bool(s3_backends[account_id][bucket.partition].tagger.get_tag_dict_for_resource(key.arn))


def text_of_time(moment: Any) -> str:
    """A time in ISO 8601 with seconds, from seconds since 1970 or from a text."""
    try:
        seconds = float(moment)
    except ValueError:
        return str(moment)
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
