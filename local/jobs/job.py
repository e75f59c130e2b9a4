"""One training job: download, run, upload, and the statuses between."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from local.account import Account
from local.iam.roles import AssumeRoleError, Roles
from local.jobs.container import Container
from local.jobs.transfer import DataError, Transfer
from local.terminal import Terminal

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
COMMAND = (sys.executable, "-m", "training")
_CHECKPOINT_SECONDS = 10.0
_GRACE_SECONDS = 30.0  # between SIGTERM and SIGKILL; SageMaker gives 120


class Record(Protocol):
    """What the job tells about itself while it runs."""

    def update(self, **members: Any) -> None: ...


class TrainingJob:
    """Runs in a thread of its own; `stop` ends it early."""

    def __init__(
        self,
        request: dict[str, Any],
        record: Record,
        *,
        account: Account,
        roles: Roles,
        terminal: Terminal,
        sink: Callable[[str, str, str], None],
        repository: Path,
        scratch: Path,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.name: str = request["TrainingJobName"]
        self._request = request
        self._record = record
        self._account = account
        self._roles = roles
        self._terminal = terminal
        self._sink = sink
        self._stream = f"{self.name}/algo-1-{int(time.time())}"
        self._repository = repository
        self._scratch = scratch
        self._command = command
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._last_lines: deque[str] = deque(maxlen=8)
        self._metrics: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the program to end, and see that it does."""
        if self._thread.is_alive():
            self._record.update(training_job_status="Stopping", secondary_status="Stopping")
            self._stopping.set()

    def kill(self) -> None:
        """End at once (the emulator goes)."""
        self._stopping.set()
        self._signal(signal.SIGKILL)

    def _run(self) -> None:
        started = time.time()
        self._terminal.line(self.name, "starting")
        try:
            with tempfile.TemporaryDirectory(prefix="job-", dir=self._scratch) as folder:
                ended = self._work(Container(Path(folder), self._request))
        except (DataError, AssumeRoleError) as error:
            ended = _failed(f"ClientError: {error}")
        except Exception as error:
            self._signal(signal.SIGKILL)  # nobody would wait for it any more
            ended = _failed(f"InternalServerError: {error!r}")
        seconds = int(time.time() - started)
        metrics = [
            {"MetricName": name, "Value": value, "Timestamp": time.time()}
            for name, value in self._metrics.items()
        ]
        self._record.update(
            **ended,
            final_metric_data_list=metrics,
            training_time_in_seconds=seconds,
            billable_time_in_seconds=seconds,
        )
        words = ended.get("failure_reason") or f"after {seconds} s"
        self._terminal.line(self.name, f"{ended['training_job_status']}: {words}")

    def _work(self, container: Container) -> dict[str, Any]:
        if container.dropped:
            names = ", ".join(container.dropped)
            self._terminal.line(self.name, f"variables that the training does not read are left out: {names}")
        credentials = self._roles.assume(
            self._request["RoleArn"],
            service="sagemaker.amazonaws.com",
            session="SageMaker",
            source_arn=self._request["TrainingJobArn"],
        )
        transfer = Transfer(self._account.client("s3", credentials))
        self._record.update(secondary_status="Downloading")
        for name, channel in container.channels.items():
            transfer.download_channel(channel["DataSource"]["S3DataSource"], container.data / name)
        checkpoint_uri = self._request.get("CheckpointConfig", {}).get("S3Uri")
        if checkpoint_uri:
            transfer.restore(checkpoint_uri, container.checkpoints)
        self._record.update(secondary_status="Training")
        code, timed_out = self._train(container, credentials, transfer, checkpoint_uri)
        stopped = self._stopping.is_set()
        if code != 0 and not stopped and not timed_out:
            reason = container.failure() or ""
            if code < 0:  # ended by a signal: the last lines say nothing about it, and a container adds 128
                code = 128 - code
            elif not reason:
                reason = "\n".join(self._last_lines)[-900:]
            return _failed(f"AlgorithmError: {reason}, exit code: {code}")
        self._record.update(secondary_status="Uploading")
        artifacts = self._upload(container, transfer)
        status, secondary = ("Stopped", "Stopped") if stopped else ("Completed", "Completed")
        if timed_out:
            status, secondary = "Stopped", "MaxRuntimeExceeded"
        return {
            "training_job_status": status,
            "secondary_status": secondary,
            "model_artifacts": {"S3ModelArtifacts": artifacts},
        }

    def _train(
        self,
        container: Container,
        credentials: dict[str, str],
        transfer: Transfer,
        checkpoint_uri: str | None,
    ) -> tuple[int, bool]:
        """Run the program to its end: (exit code, whether it took too long)."""
        limit = self._request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86400)
        deadline = time.monotonic() + limit
        self._process = subprocess.Popen(
            list(self._command),
            cwd=container.base,
            env=container.environment(
                account_environment=self._aws_environment(credentials), repository=self._repository
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        reader = threading.Thread(target=self._read_log, args=(self._process,), daemon=True)
        reader.start()
        asked: float | None = None
        synced, timed_out = time.time(), False
        while self._process.poll() is None:
            if asked is None and (self._stopping.is_set() or time.monotonic() > deadline):
                timed_out = not self._stopping.is_set()
                asked = time.monotonic()
                self._signal(signal.SIGTERM)
            if asked is not None and time.monotonic() - asked > _GRACE_SECONDS:
                self._signal(signal.SIGKILL)
            if checkpoint_uri and time.time() - synced > _CHECKPOINT_SECONDS:
                since, synced = synced, time.time()
                transfer.upload_folder(container.checkpoints, checkpoint_uri, newer_than=since - 1)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.1)
        reader.join(5)
        if checkpoint_uri:
            transfer.upload_folder(container.checkpoints, checkpoint_uri)
        return self._process.returncode, timed_out

    def _upload(self, container: Container, transfer: Transfer) -> str:
        """Model and output data, as `CompressionType` says; the model's S3 URI."""
        output = self._request["OutputDataConfig"]
        base = f"{output['S3OutputPath'].rstrip('/')}/{self.name}/output"
        has_data = any((container.output / "data").iterdir())
        if output.get("CompressionType") == "NONE":
            transfer.upload_folder(container.model, f"{base}/model/")
            if has_data:
                transfer.upload_folder(container.output / "data", f"{base}/data/")
            return f"{base}/model/"
        transfer.upload_archive(container.model, f"{base}/model.tar.gz")
        if has_data:
            transfer.upload_archive(container.output / "data", f"{base}/output.tar.gz")
        return f"{base}/model.tar.gz"

    def _aws_environment(self, credentials: dict[str, str]) -> dict[str, str]:
        return {
            "AWS_REGION": self._account.region,
            "AWS_DEFAULT_REGION": self._account.region,
            "AWS_ENDPOINT_URL": self._account.endpoint,
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
        }

    def _read_log(self, process: subprocess.Popen[bytes]) -> None:
        definitions = self._request["AlgorithmSpecification"].get("MetricDefinitions", [])
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            self._last_lines.append(line)
            self._terminal.line(self.name, line)
            self._sink(LOG_GROUP, self._stream, line)
            for definition in definitions:
                if found := re.search(definition["Regex"], line):
                    with contextlib.suppress(ValueError, IndexError):
                        self._metrics[definition["Name"]] = float(found.group(1))

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


def _failed(reason: str) -> dict[str, Any]:
    return {"training_job_status": "Failed", "secondary_status": "Failed", "failure_reason": reason}
