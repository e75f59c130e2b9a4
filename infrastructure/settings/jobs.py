"""Settings of jobs: training on SageMaker, and Spark on EMR Serverless."""

from __future__ import annotations

import re
from dataclasses import dataclass

from infrastructure.settings.declaration import setting

IMAGE = re.compile(
    r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([a-z0-9._/-]+)"
    r"(?::(?!latest$)[\w.-]{1,128}|@sha256:[0-9a-f]{64})"
)


def image_parts(uri: str) -> tuple[str, str, str] | None:
    """(account, region, repository) of an image in Amazon ECR; None if `uri` does not fix an image.

    The tag `latest` moves by its nature.
    """
    found = IMAGE.fullmatch(uri)
    return (found[1], found[2], found[3]) if found else None


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The instances of a training job."""

    instance_type: str = setting(
        "ml.m7i.2xlarge", "SageMaker instance type; a type that starts with ml.g or ml.p uses the GPU image"
    )
    image: str = setting(
        "",
        "training image in Amazon ECR with its tag or digest, "
        "<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<digest>; empty for AWS's public "
        "PyTorch image of an exact version",
    )
    instance_count: int = setting(
        1, "instances per job; several train one model, each on its own users", within=(1, 16)
    )
    volume_gb: int = setting(50, "disk of each instance, GB", within=(1, 16384))
    max_runtime_minutes: int = setting(
        24 * 60, "a job is stopped after so many minutes of training", within=(5, 28 * 24 * 60)
    )
    budget_minutes: int = setting(
        8 * 60,
        "minutes for the passes of a network, or for a search of settings; with less time, a training makes "
        "fewer passes. At most two thirds of maxRuntimeMinutes are used",
        within=(1, 28 * 24 * 60),
    )
    spot: bool = setting(
        True, "train on spot capacity: up to 90 % cheaper; an interrupted job resumes from a checkpoint"
    )
    max_wait_minutes: int = setting(
        24 * 60,
        "spot only: how many minutes to wait for capacity, in addition to the run time",
        within=(0, 28 * 24 * 60),
    )
    text_model: str = setting(
        "",
        "model on Amazon Bedrock that makes vectors of items' names and texts, at a price per text; none if "
        "empty",
        among=("", "amazon.titan-embed-text-v2:0"),
    )
    text_model_region: str = setting("", "region of textModel; empty for the stack's region")


@dataclass(frozen=True, kw_only=True)
class DistributedSettings:
    """Spark on EMR Serverless, for data that is too large for one machine."""

    enabled: bool = setting(False, "create a Spark application, which costs nothing while it is idle")
    import_megabytes: int = setting(
        20_000, "an import with more than this is read by Spark, not by a function", within=(0, 10**9)
    )
    prepare_megabytes: int = setting(
        2_000,
        "more interactions and events than this (Parquet, about 10 bytes each) are prepared by Spark",
        within=(0, 10**9),
    )
    maximum_cores: int = setting(
        200, "maximum number of cores at the same time, with 7.5 GB each", within=(8, 10_000)
    )
    maximum_hours: int = setting(6, "a job is stopped after so many hours", within=(1, 12))

    @property
    def import_bytes(self) -> int:
        """The limit of an import by a function. At least one byte: zero means no limit to the functions."""
        return max(1, self.import_megabytes * 10**6)

    @property
    def prepare_bytes(self) -> int:
        """The limit of events that a training job prepares by itself. At least one byte, as above."""
        return max(1, self.prepare_megabytes * 10**6)
