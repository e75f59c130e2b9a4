"""Settings of the functions and of the API in front of them."""

from __future__ import annotations

from dataclasses import dataclass

from infrastructure.settings.declaration import setting


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """Memory in MB, with one core per 1,769 MB, and disk in MB."""

    control_memory: int = setting(512, "memory of the control function", within=(128, 10240))
    runtime_memory: int = setting(
        3008,
        "memory of the runtime function, which holds the model; new accounts are limited to 3008",
        within=(128, 10240),
    )
    runtime_disk: int = setting(
        4096, "disk of the runtime function in MB, for downloaded models", within=(512, 10240)
    )
    runtime_provisioned: int = setting(
        0, "runtime environments that are always warm and always billed; 0 for none", within=(0, 1000)
    )
    search_memory: int = setting(
        3008, "memory of the search function, which holds the model and its index", within=(128, 10240)
    )
    search_disk: int = setting(
        4096, "disk of the search function in MB, for downloaded models", within=(512, 10240)
    )
    events_memory: int = setting(512, "memory of the events function", within=(128, 10240))
    stream_memory: int = setting(512, "memory of the stream function", within=(128, 10240))
    steps_memory: int = setting(512, "memory of the steps function", within=(128, 10240))
    importing_memory: int = setting(3008, "memory of the importing function", within=(128, 10240))
    batch_memory: int = setting(
        3008, "memory of the batch function, which holds the model", within=(128, 10240)
    )
    batch_disk: int = setting(
        4096, "disk of the batch function in MB, for downloaded models", within=(512, 10240)
    )
    batch_concurrency: int = setting(
        20, "how many shards of a batch job are processed at the same time", within=(1, 1000)
    )
    batch_reserved: int = setting(
        0,
        "how many shards of all batch jobs together; this concurrency is reserved, and an account keeps 100 "
        "unreserved; 0 for no limit",
        within=(0, 1000),
    )
    generation_memory: int = setting(
        3008, "memory of the generation function, which holds the model", within=(128, 10240)
    )
    exporting_memory: int = setting(3008, "memory of the exporting function", within=(128, 10240))
    deletion_memory: int = setting(3008, "memory of the deletion function", within=(128, 10240))
    deletion_concurrency: int = setting(
        20, "how many files of a data deletion job are rewritten at the same time", within=(1, 1000)
    )
    deletion_reserved: int = setting(
        0, "how many files of all data deletion jobs together, as batchReserved", within=(0, 1000)
    )
    refreshing_memory: int = setting(
        1769, "memory of the refreshing function: one core, and about ten million events", within=(128, 10240)
    )
    attribution_memory: int = setting(
        1769, "memory of the attribution function: one core", within=(128, 10240)
    )
    importing_disk: int = setting(10240, "disk of the importing function in MB", within=(512, 10240))


@dataclass(frozen=True, kw_only=True)
class ThrottlingSettings:
    """How many requests the API accepts. It answers others with 429."""

    rate: int = setting(500, "requests per second, on average", within=(1, 100000))
    burst: int = setting(1000, "requests at the same time", within=(1, 100000))
