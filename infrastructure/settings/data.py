"""Settings of data: how events travel, and how long the lake keeps objects."""

from __future__ import annotations

from dataclasses import dataclass

from infrastructure.settings.declaration import setting

KINESIS, DIRECT = "kinesis", "direct"
ON_DEMAND, PROVISIONED = "onDemand", "provisioned"


@dataclass(frozen=True, kw_only=True)
class EventSettings:
    """How events get to the user profiles and to the lake."""

    transport: str = setting(
        KINESIS,
        "how events get to the profiles and the lake: kinesis by a stream, which is billed by the hour and "
        "takes events while a table is busy; direct by the events function itself, without a charge by the "
        "hour. Change it while no events arrive",
        among=(KINESIS, DIRECT),
    )
    stream_mode: str = setting(
        ON_DEMAND,
        "capacity of the event stream: onDemand scales by itself; provisioned has a fixed number of shards "
        "and costs less while idle",
        among=(ON_DEMAND, PROVISIONED),
    )
    shards: int = setting(
        1, "shards of a provisioned stream: each takes 1,000 events or 1 MB a second", within=(1, 500)
    )
    retention_hours: int = setting(24, "how long the stream keeps an event", within=(24, 8760))
    batch_size: int = setting(
        500, "maximum number of events in one call of the stream function", within=(1, 10000)
    )
    parallelization: int = setting(
        1, "concurrent batches per shard; a user's events stay in order", within=(1, 10)
    )
    retries: int = setting(
        10,
        "retries of a failing batch, which is halved each time, before it goes to the folder aws/lambda of "
        "the lake",
        within=(0, 10000),
    )
    max_age_hours: int = setting(
        24, "the stream function skips events that are older than this", within=(1, 168)
    )
    profile_days: int = setting(
        90,
        "an event affects recommendations in real time for so many days; the lake keeps it for training",
        within=(1, 3650),
    )
    lake_buffer_seconds: int = setting(
        300, "events are delivered to the lake after so many seconds", within=(60, 900)
    )
    lake_buffer_megabytes: int = setting(
        64, "events are delivered to the lake as soon as there is this much data", within=(64, 128)
    )

    @property
    def has_stream(self) -> bool:
        """Whether events go through a stream."""
        return self.transport == KINESIS


@dataclass(frozen=True, kw_only=True)
class LakeSettings:
    """How long the lake keeps objects that are no longer needed."""

    old_versions_days: int = setting(
        30, "deleted and overwritten objects can be restored for so many days", within=(1, 3650)
    )
    cheaper_storage_days: int = setting(
        30, "after so many days S3 may move unused objects to cheaper storage", within=(0, 3650)
    )
    failed_events_days: int = setting(
        90, "events that could not be written as Parquet are kept for so many days", within=(1, 3650)
    )
    text_days: int = setting(
        90,
        "texts that a model has written are kept for so many days, and the same text is not paid for again; "
        "texts with data about users are not kept",
        within=(1, 3650),
    )
    access_log_days: int = setting(90, "the lake's access log is kept for so many days", within=(1, 3650))
