"""`tastemaker events`: send events as a client does, and watch what arrives."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from cli import names
from cli.asking import pairs
from cli.connection import Connection, connected
from cli.errors import CommandError
from cli.output import Output

POLL_SECONDS = 1.0


@click.group()
def events() -> None:
    """Send events, and watch events arrive."""


@events.command()
@click.argument("user")
@click.argument("items", nargs=-1, required=True)
@click.option("--type", "event_type", default="view", show_default=True, help="Type of the events.")
@click.option("--group", default="", metavar="NAME", help="Dataset group of the event tracker.")
@click.option("--tracking-id", default="", metavar="ID", help="Event tracker. [default: the group's]")
@click.option("--session", default="tastemaker-cli", show_default=True, metavar="ID", help="Session.")
@click.option("--number", type=float, metavar="VALUE", help="Value of the events, such as a rating.")
@click.option(
    "--property", "properties", multiple=True, metavar="NAME=VALUE", help="Own column (repeatable)."
)
@connected
def send(
    connection: Connection,
    output: Output,
    user: str,
    items: Sequence[str],
    event_type: str,
    group: str,
    tracking_id: str,
    session: str,
    number: float | None,
    properties: Sequence[str],
) -> None:
    """Send an event of USER with each of ITEMS. The next list of the user takes them into account.

    A dataset group without an event tracker gets one.

    \b
    Examples:
      tastemaker events send ann film-42
      tastemaker events send ann film-42 film-7 --type watch --property DEVICE=phone
    """
    tracking_id = tracking_id or tracker(connection, names.only(connection, names.GROUP, group, "--group"))
    now = int(time.time())
    made: list[dict[str, Any]] = []
    for place, item in enumerate(items):
        event: dict[str, Any] = {
            "eventType": event_type,
            "itemId": item,
            "sentAt": now - len(items) + 1 + place,
        }
        if number is not None:
            event["eventValue"] = number
        if properties:
            event["properties"] = json.dumps(pairs(properties, "--property"))
        made.append(event)
    client = connection.client("personalize-events")
    for start in range(0, len(made), 10):  # PutEvents takes ten
        client.put_events(
            trackingId=tracking_id, userId=user, sessionId=session, eventList=made[start : start + 10]
        )
    if output.as_json:
        output.json({"trackingId": tracking_id, "accepted": len(made)})
    else:
        output.line(
            f"{len(made)} event{'s' if len(made) > 1 else ''} of {user} accepted by tracker {tracking_id}."
        )


def tracker(connection: Connection, group_arn: str) -> str:
    """The tracking ID of a dataset group's event tracker, which is created if there is none."""
    client = connection.client("personalize")
    for one in names.listed(connection, names.TRACKER, group_arn):
        described = client.describe_event_tracker(eventTrackerArn=one["eventTrackerArn"])["eventTracker"]
        return str(described["trackingId"])
    name = group_arn.rsplit("/", 1)[-1]
    return str(client.create_event_tracker(name=name, datasetGroupArn=group_arn)["trackingId"])


@events.command()
@click.option("--group", default="", metavar="NAME", help="Only events of this dataset group.")
@click.option("--user", default="", help="Only events of this user.")
@click.option("--seconds", type=float, help="End after so many seconds. [default: until Ctrl-C]")
@connected
def tail(connection: Connection, output: Output, group: str, user: str, seconds: float | None) -> None:
    """Watch events arrive, until Ctrl-C. With --json, one object per line.

    It reads the stream of the deployment, so stages without a stream (lite) cannot be watched, and on AWS the
    caller needs kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords.
    """
    stream = _stream(connection)
    output.note(f"Watching {stream}. Ctrl-C ends.")
    end = None if seconds is None else time.monotonic() + seconds
    try:
        for event in _arriving(connection.client("kinesis"), stream, end):
            if group and event.get("datasetGroup", "").partition(".")[0] != group:
                continue
            if user and event.get("userId") != user:
                continue
            if output.as_json:
                output.out.file.write(json.dumps(event, ensure_ascii=False) + "\n")
                output.out.file.flush()
            else:
                output.line(_line(event))
    except KeyboardInterrupt:
        return


def _line(event: Mapping[str, Any]) -> str:
    at = time.strftime("%H:%M:%S", time.gmtime(event.get("sentAt", 0)))
    value = f" = {event['eventValue']}" if "eventValue" in event else ""
    who = event.get("userId") or f"session {event.get('sessionId')}"
    more = f"  {event['properties']}" if event.get("properties", "{}") != "{}" else ""
    group = str(event.get("datasetGroup", "")).partition(".")[0]
    return f"{at}  {group}  {who}  {event.get('eventType')} {event.get('itemId', '')}{value}{more}"


def _stream(connection: Connection) -> str:
    if connection.is_local:
        found = connection.client("kinesis").list_streams()["StreamNames"]
        if found:
            return str(found[0])
    elif connection.stage and "EventStream" in connection.outputs:
        return connection.outputs["EventStream"]
    elif not connection.stage:
        raise CommandError("The stream of this endpoint is not known.", "Name the deployment with --stage.")
    raise CommandError(
        "This stage has no stream (events.transport is direct), so arriving events cannot be watched.",
        "Look at what a user's events changed: tastemaker recommend USER.",
    )


def _arriving(client: Any, stream: str, end: float | None) -> Iterator[dict[str, Any]]:
    """The events that reach the stream from now on, until `end` (monotonic seconds)."""
    shards = client.list_shards(StreamName=stream)["Shards"]
    iterators = {
        shard["ShardId"]: client.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
        )["ShardIterator"]
        for shard in shards
    }
    while iterators and (end is None or time.monotonic() < end):
        for shard, iterator in list(iterators.items()):
            answer = client.get_records(ShardIterator=iterator, Limit=1000)
            for record in answer["Records"]:
                yield json.loads(record["Data"])
            if answer.get("NextShardIterator"):
                iterators[shard] = answer["NextShardIterator"]
            else:
                del iterators[shard]
        time.sleep(POLL_SECONDS)
