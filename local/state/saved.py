"""What the entries of a journal amount to.

Each type of entry says how something is from now on, not how it changed. So an entry may be applied twice,
and of several entries on one thing the last one counts.

| type | meaning |
| --- | --- |
| request | a request that changed something small, such as a role. The next start repeats it |
| resource | a resource of a stack that was created or deleted without a request. The next start repeats it |
| stack | a stack as it is, and new events of it |
| stack resource | a resource of a stack, what the stack has replaced, and new events of both |
| item | an item of a table, or null if it was deleted |
| table | all items of a table |
| versions | all versions of an object |
| version | a version that was added to an object |
| record | a record of a stream |
| position | the newest record that a reader of a stream has processed |
| execution | an execution of a state machine that started |
| end | how an execution ended |
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from local.state.journal import Entry

MAX_ENDED_EXECUTIONS = 1000
"""How many executions that have ended a compact journal keeps, the newest ones."""


@dataclass
class SavedState:
    """The state at the end of a journal."""

    requests: list[Entry] = field(default_factory=list)  # and resources, in the order of both
    stacks: dict[str, Entry] = field(default_factory=dict)  # ID → the last entry, with all events
    tables: dict[str, dict[str, Entry]] = field(default_factory=dict)  # table → key as JSON → entry
    objects: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    records: dict[tuple[str, str], dict[int, Entry]] = field(default_factory=dict)  # (stream, shard) → number
    positions: dict[tuple[str, str, str], int] = field(default_factory=dict)  # (reader, stream, shard)
    executions: dict[str, Entry] = field(default_factory=dict)
    ends: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> SavedState:
        """The state after all entries, without what is no longer needed."""
        state = cls()
        for entry in entries:
            state._apply(entry)
        state.tables = {name: items for name, items in state.tables.items() if items}
        state._drop_old_executions()
        state._drop_processed()
        return state

    def _apply(self, entry: Entry) -> None:
        match entry["type"]:
            case "request" | "resource":
                self.requests.append(entry)
            case "stack":
                before = self.stacks.get(entry["stack"]["id"], {"events": []})
                self.stacks[entry["stack"]["id"]] = _with_events(entry, before)
            case "stack resource" if entry["stack"] in self.stacks:
                before = self.stacks[entry["stack"]]
                stack = _with_resource(before["stack"], entry)
                self.stacks[entry["stack"]] = _with_events({**entry, "stack": stack}, before)
            case "item":
                items = self.tables.setdefault(entry["table"], {})
                key = json.dumps(entry["key"], sort_keys=True)
                if entry["item"] is None:
                    items.pop(key, None)
                else:
                    items[key] = entry
            case "table":
                self.tables[entry["table"]] = {
                    json.dumps(item["key"], sort_keys=True): {"type": "item", "table": entry["table"], **item}
                    for item in entry["items"]
                }
            case "versions":
                self.objects.pop((entry["bucket"], entry["key"]), None)
                if entry["versions"]:
                    self.objects[entry["bucket"], entry["key"]] = list(entry["versions"])
            case "version":
                self.objects.setdefault((entry["bucket"], entry["key"]), []).append(entry["version"])
            case "record":
                shard = self.records.setdefault((entry["stream"], entry["shard"]), {})
                shard[entry["number"]] = entry
            case "position":
                reader = entry["reader"], entry["stream"], entry["shard"]
                self.positions[reader] = max(entry["number"], self.positions.get(reader, 0))
            case "execution":
                self.executions.setdefault(entry["arn"], entry)
            case "end":
                self.ends.setdefault(entry["arn"], entry)

    def _drop_old_executions(self) -> None:
        ended = [arn for arn in self.executions if arn in self.ends]
        for arn in ended[:-MAX_ENDED_EXECUTIONS]:
            del self.executions[arn]
        self.ends = {arn: end for arn, end in self.ends.items() if arn in self.executions}

    def _drop_processed(self) -> None:
        """Drop the records that every reader has processed, but the newest one: numbers continue from it."""
        processed: dict[tuple[str, str], list[int]] = defaultdict(list)
        for (_, stream, shard), number in self.positions.items():
            processed[stream, shard].append(number)
        for place, records in self.records.items():
            lowest, newest = min(processed.get(place, [0])), max(records)
            self.records[place] = {
                number: record
                for number, record in sorted(records.items())
                if number > lowest or number == newest
            }

    def entries(self) -> Iterator[Entry]:
        """The shortest journal with this state."""
        yield from self.requests
        yield from self.stacks.values()
        for items in self.tables.values():
            yield from items.values()
        for (bucket, key), versions in self.objects.items():
            yield {"type": "versions", "bucket": bucket, "key": key, "versions": versions}
        for records in self.records.values():
            yield from records.values()
        for (reader, stream, shard), number in self.positions.items():
            yield {"type": "position", "reader": reader, "stream": stream, "shard": shard, "number": number}
        yield from self.executions.values()
        yield from self.ends.values()

    def files(self) -> set[str]:
        """The names of the files with the objects' bytes."""
        return {
            version["file"] for versions in self.objects.values() for version in versions if "file" in version
        }


def _with_events(entry: Entry, before: Entry) -> Entry:
    """An entry of a stack with the events of an earlier one, and its own."""
    events = {event["id"]: event for event in [*before["events"], *entry["events"]]}
    return {"type": "stack", "stack": entry["stack"], "events": list(events.values())}


def _with_resource(stack: dict[str, Any], entry: Entry) -> dict[str, Any]:
    """A stack with a resource as it is from now on, in its place or as the last one."""
    resources = {one["logical_id"]: one for one in stack["resources"]}
    if entry["resource"] is not None:
        resources[entry["resource"]["logical_id"]] = entry["resource"]
    return {**stack, "resources": list(resources.values()), "superseded": entry["superseded"]}
