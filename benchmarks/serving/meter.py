"""Counts what clients of AWS use: calls, DynamoDB units, bytes of records, and the CPU time of moto.

The rules of units: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import thread_time
from typing import Any


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Bytes of an item as DynamoDB counts them: names, and values by their type."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":  # about one byte per two significant digits, and one more
            return math.ceil(len(value.lstrip("-").replace(".", "").strip("0") or "0") / 2) + 1
        case "B":
            return len(value)
        case "M":
            return 3 + sum(len(name.encode()) + _value_size(inner) + 1 for name, inner in value.items())
        case "L":
            return 3 + sum(_value_size(inner) + 1 for inner in value)
        case "SS" | "NS" | "BS":
            return sum(len(str(inner).encode()) for inner in value)
        case _:  # BOOL, NULL
            return 1


def read_units(sizes: Iterable[int], *, consistent: bool) -> float:
    """Read units of one GetItem or one Query that reads items of these bytes."""
    return max(1, math.ceil(sum(sizes) / 4096)) * (1.0 if consistent else 0.5)


def write_units(size: int) -> int:
    """Write units of one item of so many bytes."""
    return max(1, math.ceil(size / 1024))


@dataclass
class Used:
    """What was used since the meter was reset."""

    read_units: float = 0
    write_units: float = 0
    calls: int = 0
    moto_seconds: float = 0
    record_bytes: list[int] = field(default_factory=list)


class Meter:
    """Counts what clients of the functions' session call, and the CPU time that moto takes for it."""

    def __init__(self, emitter: Any, plain: Any) -> None:
        self._plain = plain
        """A DynamoDB client outside of the measured session."""
        self._thread = threading.local()
        self.used = Used()
        emitter.register("provide-client-params", self._called)
        emitter.register_first("before-send", self._sent)
        emitter.register_last("before-parse", self._answered)

    def _called(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.used.calls += 1
        began = thread_time()
        if model.service_model.service_name == "dynamodb":
            self._count(model.name, params)
        elif model.name in ("PutRecords", "PutRecordBatch"):
            self.used.record_bytes += [
                len(record["Data"]) + len(record.get("PartitionKey", "").encode())
                for record in params["Records"]
            ]
        self.used.moto_seconds += thread_time() - began

    def _sent(self, **_: Any) -> None:
        self._thread.began = thread_time()

    def _answered(self, **_: Any) -> None:
        if hasattr(self._thread, "began"):
            self.used.moto_seconds += thread_time() - self._thread.began

    def _count(self, operation: str, params: dict[str, Any]) -> None:
        used = self.used
        consistent = bool(params.get("ConsistentRead"))
        match operation:
            case "GetItem":
                found = self._plain.get_item(TableName=params["TableName"], Key=params["Key"])
                used.read_units += read_units([item_size(found.get("Item", {}))], consistent=consistent)
            case "BatchGetItem":
                for table, asked in params["RequestItems"].items():
                    for key in asked["Keys"]:
                        found = self._plain.get_item(TableName=table, Key=key)
                        used.read_units += read_units(
                            [item_size(found.get("Item", {}))], consistent=consistent
                        )
            case "Query":
                whole = {name: value for name, value in params.items() if name != "ProjectionExpression"}
                sizes = [item_size(item) for item in self._plain.query(**whole)["Items"]]
                used.read_units += read_units(sizes, consistent=consistent)
            case "PutItem":
                used.write_units += write_units(item_size(params["Item"]))
            case "BatchWriteItem":
                for requests in params["RequestItems"].values():
                    used.write_units += sum(
                        write_units(item_size(request["PutRequest"]["Item"])) for request in requests
                    )
            case _:
                raise NotImplementedError(f"{operation} has no rule for its units here: add one.")
