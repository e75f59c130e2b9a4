"""What a month of requests, events and trainings costs, from measured units."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from deployment.cost import transitions
from deployment.cost.idle import is_on_demand, scheduled_invocations
from deployment.cost.lines import Line
from deployment.cost.prices import FOLDER, HOURS, SECONDS, PriceTable
from deployment.synthesis import Template
from tastemaker.contracts.workflow_names import DEPLOY, IMPORT, REFRESH, TRAIN

GB = 1024**3
KINESIS_ROUNDING, FIREHOSE_ROUNDING, PUT_UNIT = 1024, 5 * 1024, 25 * 1024
CORE_MEGABYTES = 1769
"""Lambda gives a function one core for so much memory, and a share of it for less."""

# What no benchmark here can measure. docs/aws-assumptions.md names the smoke step that checks each.
ROUND_TRIP_MS = 5.0
"""How long a function waits for one call of DynamoDB, Kinesis or Firehose."""
LOG_BYTES = 350
"""The lines START, END and REPORT that Lambda logs for a call. Functions log nothing of a success."""
TRAINING_START_SECONDS = 180
"""What a training job bills before our program starts: it fetches the image and the data."""
CONTROL_RUN_MS = 200.0
"""One scheduled check of the control function that finds nothing to do."""
REFRESH_RUN_MS = 2000.0
"""One run of the refreshing function with few new events."""
ASSUMED = ("control", "refreshing")
ON_DEMAND_SHARDS = 4
"""Shards of a new on-demand stream, as AWS documents them."""
REFRESHES_PER_DAY = 12
STORED_EVENT_BYTES = 100
"""Names, keys and the expiry of an event in the profiles table, beyond the event itself."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """A month's use."""

    requests: int = 0
    events: int = 0
    trainings: int = 0
    campaigns: int = 1
    training_minutes: float | None = None
    """How long the training program runs; the measured time of the demo's data if it is not given."""
    stored_gb: float = 0.0
    """Data in the lake."""
    exploring: bool = False
    """Whether the campaigns use recipes that explore, whose answers are recorded."""

    @property
    def idle(self) -> bool:
        """Whether nothing is called."""
        return not (self.requests or self.events or self.trainings)


@dataclass(frozen=True)
class Measured:
    """Units of one call, as `benchmarks.serving.units` printed them, and the time of the demo's training."""

    command: str
    machine: str
    batch: int
    units: dict[str, dict[str, float]]
    training: dict[str, Any] = field(default_factory=dict)

    def milliseconds(self, name: str, memory: int) -> float:
        """What Lambda bills for a call: its CPU time at the share of a core that it has, and its waiting."""
        one = self.units[name]
        return one["cpuMs"] * max(1.0, CORE_MEGABYTES / memory) + one["awsCalls"] * ROUND_TRIP_MS


@cache
def measured() -> Measured:
    """The stored figures of `benchmarks.serving.units`."""
    document = json.loads((FOLDER / "measured.json").read_text(encoding="utf-8"))
    members = ("command", "machine", "batch", "units", "training")
    return Measured(**{member: document[member] for member in members})


class Usage:
    """The lines of a month's use of one template."""

    def __init__(self, template: Template, prices: PriceTable, load: Load) -> None:
        self._template, self._prices, self._load = template, prices, load
        self._units = measured()
        self._basis = "measured"
        streams = list(template.of_type("AWS::Kinesis::Stream").values())
        self._stream = streams[0] if streams else None
        self._answer = "getRecommendationsExploring" if load.exploring else "getRecommendations"
        self._event = "putEvents" if self._stream is not None else "putEventsDirect"

    def lines(self) -> Iterator[Line]:
        """Every line, in the order of a request's way through the stack."""
        if self._load.requests or self._load.events:
            yield from self._api()
        yield from self._functions()
        yield from self._tables()
        if self._load.events:
            yield from self._delivery()
        yield from self._workflows()
        yield from self._training()
        if self._load.stored_gb:
            yield self._line("S3 storage", self._load.stored_gb, "s3.storageGb", "--stored-gb")

    def _line(self, item: str, quantity: float, price: str, basis: str | None = None) -> Line:
        return Line(item, quantity, self._prices.of(price), basis or self._basis)

    def _api(self) -> Iterator[Line]:
        load, units = self._load, self._units.units
        yield self._line(
            "HTTP API", load.requests + load.events, "httpApi.request", "one event per PutEvents"
        )
        sent = load.requests * units[self._answer]["responseBytes"] / GB
        yield self._line("answers to the internet", sent, "transfer.outGb")

    def _functions(self) -> Iterator[Line]:
        calls = self._calls()
        total = sum(count for _, count, _ in calls)
        if not total:
            return
        yield self._line("Lambda requests", total, "lambda.request", "the calls below")
        for name, count, milliseconds in calls:
            memory = self._function(name)["MemorySize"]
            gb_seconds = count * milliseconds / 1000 * memory / 1024
            how = "assumed" if name in ASSUMED else "measured, and 5 ms for each call of a service"
            basis = f"{milliseconds:,.1f} ms, {how}"
            yield self._line(f"Lambda, {name} function", gb_seconds, "lambda.armGbSecond", basis)
        yield from self._logs(total)
        traces = sum(_sampled(count) for name, count, _ in calls if self._traced(name))
        if traces:
            yield self._line("X-Ray traces", traces, "xray.trace", "1 call a second and 5 % of the others")

    def _logs(self, calls: float) -> Iterator[Line]:
        """Lambda's own lines of each call, and the metrics that functions log."""
        load, units = self._load, self._units.units
        names = {self._answer: load.requests, self._event: load.events}
        if self._stream is not None:
            names["streamCall"] = load.events
        own = sum(count * units[name]["logBytes"] for name, count in names.items())
        basis = f"{LOG_BYTES} bytes a call by Lambda, and what functions log"
        yield self._line("function logs", (calls * LOG_BYTES + own) / GB, "logs.inGb", basis)
        per_campaign = units[self._answer]["customMetrics"] if load.requests else 0
        others = sum(units[name]["customMetrics"] for name in names if name != self._answer and load.events)
        # Without metrics per resource, all campaigns share them.
        campaigns = load.campaigns if self._template.stage.metrics.per_resource else min(1, load.campaigns)
        if metrics := campaigns * per_campaign + others:
            basis = "measured; with values in every hour of the month"
            yield self._line("custom metrics", metrics, "cloudwatch.metric", basis)

    def _calls(self) -> list[tuple[str, float, float]]:
        """(function, calls a month, billed milliseconds of a call)."""
        load, units = self._load, self._units
        memory = {name: self._function(name)["MemorySize"] for name in ("runtime", "events", "control")}
        events_ms = units.milliseconds(self._event, memory["events"])
        calls: list[tuple[str, float, float]] = []
        calls.append(("runtime", load.requests, units.milliseconds(self._answer, memory["runtime"])))
        calls.append(("events", load.events, events_ms))
        if self._stream is not None and load.events:
            calls.append(self._stream_calls())
        calls.append(("control", scheduled_invocations(self._template), CONTROL_RUN_MS))
        calls.append(("refreshing", self._refreshes(), REFRESH_RUN_MS))
        return [call for call in calls if call[1]]

    def _stream_calls(self) -> tuple[str, float, float]:
        """Each shard is polled once a second: many events share a call, few events have one each."""
        assert self._stream is not None
        shards = ON_DEMAND_SHARDS if is_on_demand(self._stream) else self._stream.get("ShardCount", 1)
        polls = shards * SECONDS
        count = polls * -math.expm1(-self._load.events / polls)
        one, batch, size = (
            self._units.units["streamCall"],
            self._units.units["streamBatch"],
            self._units.batch,
        )
        memory = self._function("stream")["MemorySize"]
        slower = max(1.0, CORE_MEGABYTES / memory)
        each = (batch["cpuMs"] - one["cpuMs"]) / (size - 1) * slower
        more = self._load.events / count - 1
        waiting = math.ceil(self._load.events / count / 25) * ROUND_TRIP_MS
        return "stream", count, one["cpuMs"] * slower + more * each + waiting

    def _tables(self) -> Iterator[Line]:
        load, units = self._load, self._units.units
        answer = units[self._answer]
        event = units[self._event if self._stream is None else "streamCall"]
        reads = load.requests * answer["readUnits"] + load.events * units[self._event]["readUnits"]
        writes = load.requests * answer["writeUnits"] + load.events * event["writeUnits"]
        if reads:
            yield self._line("DynamoDB reads", reads, "dynamodb.readUnit")
        if writes:
            yield self._line("DynamoDB writes", writes, "dynamodb.writeUnit")
        if load.events:
            months = self._template.stage.events.profile_days * 24 / HOURS
            size = units[self._event]["recordBytes"] + STORED_EVENT_BYTES
            stored = load.events * months * size / GB
            basis = f"events of {self._template.stage.events.profile_days} days, of {size:.0f} bytes"
            yield self._line("DynamoDB storage", stored, "dynamodb.storageGb", basis)
            yield self._line("DynamoDB recovery", stored, "dynamodb.recoveryGb", basis)

    def _delivery(self) -> Iterator[Line]:
        events, size = self._load.events, self._units.units[self._event]["recordBytes"]
        if self._stream is not None:
            if is_on_demand(self._stream):
                written = events * _rounded(size, KINESIS_ROUNDING) / GB
                yield self._line("Kinesis, written", written, "kinesis.onDemandInGb")
                yield self._line("Kinesis, read twice", 2 * events * size / GB, "kinesis.onDemandOutGb")
            else:
                units = events * _rounded(size, PUT_UNIT) / PUT_UNIT
                yield self._line("Kinesis, written", units, "kinesis.putUnit")
        billed = events * _rounded(size, FIREHOSE_ROUNDING) / GB
        settings = self._template.stage.events
        yield self._line("Firehose", billed, "firehose.inGb")
        deliveries = list(self._template.of_type("AWS::KinesisFirehose::DeliveryStream").values())
        destination = deliveries[0].get("ExtendedS3DestinationConfiguration", {}) if deliveries else {}
        if destination.get("DataFormatConversionConfiguration", {}).get("Enabled"):
            yield self._line("Firehose, to Parquet", billed, "firehose.conversionGb")
        windows = SECONDS / settings.lake_buffer_seconds
        objects = windows * -math.expm1(-events / windows)
        if destination.get("DynamicPartitioningConfiguration", {}).get("Enabled"):
            yield self._line("Firehose, partitions", billed, "firehose.partitionGb")
            yield self._line("Firehose, objects", objects, "firehose.partitionObject", "one dataset group")
        yield self._line("S3 writes", objects, "s3.put", f"one object per {settings.lake_buffer_seconds} s")

    def _workflows(self) -> Iterator[Line]:
        load = self._load
        length = transitions.of_template(self._template)
        refresh = length[REFRESH].longest if load.events else length[REFRESH].shortest
        counts = {
            "trainings": (load.trainings, length[TRAIN].longest),
            "imports": (load.trainings, length[IMPORT].longest),
            "deployments": (load.trainings, length[DEPLOY].longest),
            "refreshes": (self._refreshes(), refresh),
        }
        for item, (count, each) in counts.items():
            if count:
                basis = f"{each} transitions each, by the definition"
                yield self._line(f"Step Functions, {item}", count * each, "states.transition", basis)

    def _refreshes(self) -> float:
        """Runs of the schedules that live as long as a campaign."""
        return self._load.campaigns * REFRESHES_PER_DAY * HOURS / 24

    def _training(self) -> Iterator[Line]:
        load, settings = self._load, self._template.stage.training
        if not load.trainings:
            return
        minutes, basis = load.training_minutes, "--training-minutes"
        if minutes is None:
            minutes = self._units.training["seconds"] / 60
            basis = f"{self._units.training['command']}: {self._units.training['rows']:,} rows"
        hours = load.trainings * settings.instance_count * (minutes / 60 + TRAINING_START_SECONDS / 3600)
        price = self._prices.instance(settings.instance_type)
        share = self._prices.of("sagemaker.spotShare").usd if settings.spot else 1.0
        how = "on spot capacity, priced at a share" if settings.spot else "on demand"
        yield Line(f"training on {settings.instance_type}, {how}", hours * share, price, basis)
        disk = hours * settings.volume_gb
        yield self._line("training disks", disk, "sagemaker.volumeGbHour", basis)

    def _function(self, name: str) -> dict[str, Any]:
        wanted = f"{self._template.stage.stack_name}-{name}"
        for properties in self._template.of_type("AWS::Lambda::Function").values():
            if properties.get("FunctionName") == wanted:
                return properties
        raise KeyError(f"The template has no function {wanted}.")

    def _traced(self, name: str) -> bool:
        return bool(self._function(name).get("TracingConfig", {}).get("Mode") == "Active")


def _rounded(size: float, to: int) -> float:
    return math.ceil(size / to) * to


def _sampled(calls: float) -> float:
    """The traces of so many calls a month: the first call of each second, and 5 % of the others."""
    first = SECONDS * -math.expm1(-calls / SECONDS)
    return first + 0.05 * (calls - first)
