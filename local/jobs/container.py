"""The folders and environment that a SageMaker training container shows to its program.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html, and the
SM_* variables of the sagemaker-training toolkit. What is `/opt/ml` there is a temporary folder here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from local.environment import of_job
from local.jobs.transfer import DataError

SKIPPED_CHANNEL = "code"  # training runs from the checkout's own source
_CHECKPOINTS = "/opt/ml/checkpoints"
_KEPT = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "TZ",
    "VIRTUAL_ENV",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
)


class Container:
    """One job's `/opt/ml`."""

    def __init__(self, root: Path, job: dict[str, Any]) -> None:
        """Lay out the folders under `root` and write the three configuration files of the job's request."""
        self._job = job
        self.base = root / "opt" / "ml"
        self.model = self.base / "model"
        self.data = self.base / "input" / "data"
        self.config = self.base / "input" / "config"
        self.output = self.base / "output"
        local = job.get("CheckpointConfig", {}).get("LocalPath", _CHECKPOINTS)
        self.checkpoints = root / local.lstrip("/")
        self._check_folders(root)
        for folder in (self.model, self.data, self.config, self.output / "data", self.checkpoints):
            folder.mkdir(parents=True, exist_ok=True)
        self._write("hyperparameters.json", job.get("HyperParameters", {}))
        self._write(
            "inputdataconfig.json",
            {name: self._channel_config(channel) for name, channel in self.channels.items()},
        )
        self._write("resourceconfig.json", self._resources())

        self._check_folders(root)

    @property
    def channels(self) -> dict[str, dict[str, Any]]:
        """Channels by name, without the one that holds code."""
        channels = self._job.get("InputDataConfig", [])
        return {item["ChannelName"]: item for item in channels if item["ChannelName"] != SKIPPED_CHANNEL}

    def _check_folders(self, root: Path) -> None:
        """Raise DataError if the request names a folder outside of the job's own."""
        for folder in (self.checkpoints, *(self.data / name for name in self.channels)):
            if not folder.resolve().is_relative_to(root.resolve()):
                raise DataError(f"{folder.name!r} leads out of the job's folders; name it without '..'")

    @property
    def dropped(self) -> list[str]:
        """The variables of the request that the program does not get."""
        given = self._job.get("Environment", {})
        return sorted(set(given) - set(of_job(given)))

    def failure(self) -> str | None:
        """What the program wrote about its failure."""
        file = self.output / "failure"
        return file.read_text(errors="replace").strip()[:1024] if file.exists() else None

    def environment(self, *, account_environment: dict[str, str], repository: Path) -> dict[str, str]:
        """The program's environment."""
        parameters = self._job.get("HyperParameters", {})
        resources = self._resources()
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "PYTHONPATH": str(repository),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **account_environment,
            "TRAINING_JOB_NAME": self._job["TrainingJobName"],
            "TRAINING_JOB_ARN": self._job["TrainingJobArn"],
            "SAGEMAKER_BASE_DIR": str(self.base),
            "SM_INPUT_DIR": str(self.base / "input"),
            "SM_INPUT_CONFIG_DIR": str(self.config),
            "SM_MODEL_DIR": str(self.model),
            "SM_OUTPUT_DIR": str(self.output),
            "SM_OUTPUT_DATA_DIR": str(self.output / "data"),
            "SM_CHECKPOINT_DIR": str(self.checkpoints),
            "SM_CHANNELS": json.dumps(sorted(self.channels)),
            **{f"SM_CHANNEL_{name.upper()}": str(self.data / name) for name in self.channels},
            "SM_HPS": json.dumps(parameters),
            **{f"SM_HP_{name.upper().replace('-', '_')}": value for name, value in parameters.items()},
            "SM_CURRENT_HOST": resources["current_host"],
            "SM_HOSTS": json.dumps(resources["hosts"]),
            "SM_NUM_CPUS": str(os.cpu_count() or 1),
            "SM_NUM_GPUS": "0",
            "SM_LOG_LEVEL": "20",
            **of_job(self._job.get("Environment", {})),
        }

    def _resources(self) -> dict[str, Any]:
        instance = self._job.get("ResourceConfig", {}).get("InstanceType", "local")
        return {
            "current_host": "algo-1",
            "current_instance_type": instance,
            "current_group_name": "homogeneousCluster",
            "hosts": ["algo-1"],
            "network_interface_name": "lo",
        }

    @staticmethod
    def _channel_config(channel: dict[str, Any]) -> dict[str, str]:
        source = channel["DataSource"]["S3DataSource"]
        return {
            "TrainingInputMode": channel.get("InputMode", "File"),
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
        }

    def _write(self, name: str, value: object) -> None:
        (self.config / name).write_text(json.dumps(value))
