"""Settings of the functions and of the API in front of them."""

from __future__ import annotations

from dataclasses import dataclass

from infrastructure.settings.declaration import setting


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """Memory in MB (a CPU share comes with it: one core per 1,769 MB) and time limits in seconds."""

    control_memory: int = setting(512, "memory of the control function", within=(128, 10240))
    runtime_memory: int = setting(
        3008,
        "memory of the runtime function: holds the model; new accounts are limited to 3008",
        within=(128, 10240),
    )
    runtime_disk: int = setting(
        4096, "disk of the runtime function, MB: the downloaded models", within=(512, 10240)
    )
    runtime_provisioned: int = setting(
        0, "runtime environments that are always warm and always paid; 0 for none", within=(0, 1000)
    )
    events_memory: int = setting(512, "memory of the events function", within=(128, 10240))
    stream_memory: int = setting(512, "memory of the stream function", within=(128, 10240))
    steps_memory: int = setting(512, "memory of the steps function", within=(128, 10240))
    importing_memory: int = setting(3008, "memory of the importing function", within=(128, 10240))
    batch_memory: int = setting(
        3008, "memory of the batch function: holds the model, as runtime's", within=(128, 10240)
    )
    batch_disk: int = setting(
        4096, "disk of the batch function, MB: the downloaded models", within=(512, 10240)
    )
    batch_concurrency: int = setting(
        20, "how many shards of a batch job are answered at once", within=(1, 1000)
    )
    exporting_memory: int = setting(3008, "memory of the exporting function", within=(128, 10240))
    deletion_memory: int = setting(3008, "memory of the deletion function", within=(128, 10240))
    deletion_concurrency: int = setting(
        20, "how many files of a data deletion job are rewritten at once", within=(1, 1000)
    )
    refreshing_memory: int = setting(
        1769, "memory of the refreshing function: a core, and some ten million events", within=(128, 10240)
    )
    attribution_memory: int = setting(1769, "memory of the attribution function: a core", within=(128, 10240))
    importing_disk: int = setting(10240, "disk of the importing function, MB", within=(512, 10240))


@dataclass(frozen=True, kw_only=True)
class ThrottlingSettings:
    """What the API takes before it answers 429."""

    rate: int = setting(500, "requests per second, steady", within=(1, 100000))
    burst: int = setting(1000, "requests at once", within=(1, 100000))
