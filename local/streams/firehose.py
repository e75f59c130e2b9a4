"""Firehose into the lake, as Parquet, partitioned by a value of each record.

https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html and s3-prefixes.html
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jq

from local.account import Account
from local.iam.roles import Roles
from local.streams.shards import StreamRecord
from local.streams.sources import RecordSource
from local.terminal import Terminal

FLUSH_SECONDS = 2.0  # the template's buffering hints are a minute or more; nobody waits that long on a laptop
_EXPRESSION = re.compile(r"!\{(\w+):([^}]*)\}")
_JAVA_DATE = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_PARTITION_KEY = re.compile(r"!\{partitionKeyFromQuery:(\w+)\}")


class DeliveryError(Exception):
    """The template needs something that this delivery does not support."""


@dataclass(frozen=True)
class Delivery:
    """One delivery stream, as the template declares it."""

    name: str
    bucket: str
    role_arn: str
    prefix: str
    error_prefix: str
    columns: dict[str, str]  # name → Glue type, in order
    query: str = "{}"  # JQ: an object of partition keys
    file_extension: str = ""
    compression: str = "snappy"
    stream_arn: str | None = None
    """The Kinesis stream that it reads; None if it gets records by PutRecordBatch."""


PartitionKeys = Callable[[Any], dict[str, str]]


def partition_keys(query: str) -> PartitionKeys:
    """A function that evaluates a MetadataExtractionQuery, an object in JQ, on a record.

    The function raises ValueError if a key of a record is missing, empty or has a slash. AWS says nothing
    about slashes, so a key with one must not be relied on. Raises DeliveryError if the query is invalid.
    """
    try:
        program = jq.compile(query)
    except ValueError as error:
        raise DeliveryError(f"the query {query!r} is not JQ: {error}") from error

    def evaluate(record: Any) -> dict[str, str]:
        found = program.input_value(record).first()
        for name, value in found.items():
            if value in (None, ""):
                raise ValueError(f"partitionKeys value of {name} must not be null or empty")
            if "/" in str(value):
                raise ValueError(f"the partition key {name} has a slash: {value}")
        return {name: str(value) for name, value in found.items()}

    return evaluate


def evaluate_prefix(prefix: str, keys: Mapping[str, str], now: float) -> str:
    """An S3 prefix with its `!{namespace:value}` expressions replaced.

    Raises DeliveryError if it has a namespace that is not supported here.
    """

    def value(match: re.Match[str]) -> str:
        namespace, name = match.groups()
        if namespace == "partitionKeyFromQuery":
            return keys[name]
        if namespace == "timestamp":
            pattern = re.sub("yyyy|MM|dd|HH|mm|ss", lambda part: _JAVA_DATE[part.group()], name)
            return time.strftime(pattern, time.gmtime(now))
        if namespace == "firehose" and name == "random-string":
            return uuid.uuid4().hex[:11]
        if namespace == "firehose" and name == "error-output-type":
            return "format-conversion-failed"
        raise DeliveryError(f"!{{{namespace}:{name}}} is not evaluated locally")

    return _EXPRESSION.sub(value, prefix)


class DeliveryStream:
    """Writes the records of one source to the lake, every few seconds and on demand."""

    def __init__(
        self, delivery: Delivery, source: RecordSource, *, account: Account, roles: Roles, terminal: Terminal
    ) -> None:
        self._delivery = delivery
        self._partition_keys = partition_keys(delivery.query)
        self._account = account
        self._source = source
        self._roles = roles
        self._terminal = terminal
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._s3: Any = None

    def start(self) -> None:
        """Start with records that arrive from now on, as Firehose does."""
        self._source.start()
        threading.Thread(target=self._run, name=f"firehose {self._delivery.name}", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def flush(self) -> int:
        """Deliver all waiting records. Returns their number."""
        total = 0
        with self._lock:
            while records := self._source.next():
                self._write(records)
                self._source.delivered(records)
                total += len(records)
        return total

    def _run(self) -> None:
        while not self._stopped.wait(FLUSH_SECONDS):
            try:
                self.flush()
            except Exception as error:  # such as a denied write: said, and tried again
                self._terminal.warn_once(f"delivery {self._delivery.name}: {error}")

    def _write(self, records: list[StreamRecord]) -> None:
        now = time.time()
        rows, bad = self._sorted(records, now)
        for prefix, found in rows.items():
            self._put(
                f"{prefix}{self._object_name(now)}{self._delivery.file_extension}",
                to_parquet(found, self._delivery),
            )
        if bad:
            prefix = evaluate_prefix(self._delivery.error_prefix, {}, now)
            self._put(prefix + self._object_name(now), "\n".join(bad).encode())

    def _sorted(
        self, records: list[StreamRecord], now: float
    ) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
        """Rows by S3 prefix, and the records that cannot be converted, in Firehose's error format."""
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        bad = []
        for record in records:
            raw = base64.b64decode(record.data)
            try:
                row = json.loads(raw)
                keys = self._partition_keys(row)
                checked = _typed(row, self._delivery.columns)
            except (ValueError, KeyError, TypeError) as error:
                bad.append(
                    json.dumps(
                        {
                            "errorMessage": repr(error),
                            "rawData": base64.b64encode(raw).decode(),
                            "attemptsMade": 1,
                        }
                    )
                )
                continue
            rows[evaluate_prefix(self._delivery.prefix, keys, now)].append(checked)
        return rows, bad

    def _object_name(self, now: float) -> str:
        return (
            f"{self._delivery.name}-1-{time.strftime('%Y-%m-%d-%H-%M-%S', time.gmtime(now))}-{uuid.uuid4()}"
        )

    def _put(self, key: str, body: bytes) -> None:
        if self._s3 is None:
            name = self._delivery.name
            credentials = self._roles.assume(
                self._delivery.role_arn,
                service="firehose.amazonaws.com",
                session=name,
                source_arn=self._account.arn("firehose", f"deliverystream/{name}"),
            )
            self._s3 = self._account.client("s3", credentials)
        self._s3.put_object(Bucket=self._delivery.bucket, Key=key, Body=body)


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "string": lambda value: value if isinstance(value, str) else json.dumps(value),
    "double": float,
    "float": float,
    "bigint": int,
    "int": int,
    "boolean": bool,
}


def _typed(row: dict[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """The row's columns by their Glue types, with names in lower case.

    Glue folds the names of top-level columns, and the OpenX SerDe folds the keys of a record.
    """
    by_name = {name.lower(): value for name, value in row.items()}
    return {
        name.lower(): None if (value := by_name.get(name.lower())) is None else _CONVERT[kind](value)
        for name, kind in columns.items()
    }


def to_parquet(rows: list[dict[str, Any]], delivery: Delivery) -> bytes:
    """Rows as one Parquet file with the delivery's columns, whose names are in lower case as AWS Glue's."""
    import pyarrow as pa  # half a second: only when something is delivered
    import pyarrow.parquet as pq

    kinds = {
        "string": pa.string(),
        "double": pa.float64(),
        "float": pa.float32(),
        "bigint": pa.int64(),
        "int": pa.int32(),
        "boolean": pa.bool_(),
    }
    schema = pa.schema([(name.lower(), kinds[kind]) for name, kind in delivery.columns.items()])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink, compression=delivery.compression)
    return bytes(sink.getvalue())


def check(delivery: Delivery) -> None:
    """Refuse a configuration that would fail at the first delivery.

    Raises DeliveryError.
    """
    unknown = sorted(set(delivery.columns.values()) - set(_CONVERT))
    if unknown:
        raise DeliveryError(f"column types {', '.join(unknown)} are not written locally")
    partition_keys(delivery.query)
    evaluate_prefix(delivery.prefix, dict.fromkeys(_PARTITION_KEY.findall(delivery.prefix), "x"), time.time())
    evaluate_prefix(delivery.error_prefix, {}, time.time())
