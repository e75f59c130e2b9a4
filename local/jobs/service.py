"""SageMaker's CreateTrainingJob and StopTrainingJob: moto keeps the records, the jobs run here."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from moto.sagemaker.models import FakeTrainingJob, sagemaker_backends

from local.account import Account
from local.http.messages import Request, Response
from local.iam.roles import Roles
from local.jobs.job import COMMAND, TrainingJob
from local.terminal import Terminal

Answer = Callable[[Request], Response]


class MotoRecord:
    """A job's record in moto, which DescribeTrainingJob shows."""

    def __init__(self, job: FakeTrainingJob) -> None:
        self._job = job

    def update(self, **members: Any) -> None:
        now = datetime.datetime.now(datetime.UTC)
        transitions = self._job.secondary_status_transitions
        if "secondary_status" in members:
            transitions[-1]["EndTime"] = now
            transitions.append({"Status": members["secondary_status"], "StartTime": now, "StatusMessage": ""})
        if members.get("secondary_status") == "Training":
            self._job.training_start_time = now
        if members.get("training_job_status") in ("Completed", "Failed", "Stopped"):
            self._job.training_end_time = now
            transitions[-1]["EndTime"] = now
        self._job.last_modified_time = now
        for name, value in members.items():
            setattr(self._job, name, value)


class TrainingJobs:
    """All training jobs of this run."""

    def __init__(
        self,
        *,
        account: Account,
        roles: Roles,
        terminal: Terminal,
        sink: Callable[[str, str, str], None],
        repository: Path,
        scratch: Path,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._account = account
        self._roles = roles
        self._terminal = terminal
        self._sink = sink
        self._repository = repository
        self._scratch = scratch
        self._command = command
        self._jobs: dict[str, TrainingJob] = {}
        self._lock = threading.Lock()

    def serve(self, operation: str, request: Request, moto: Answer) -> Response:
        """Answer a SageMaker request; what is no business of jobs goes to moto as it is."""
        if operation == "CreateTrainingJob":
            return self._create(request, moto)
        if operation == "StopTrainingJob":
            return self._stop(request.json.get("TrainingJobName", ""))
        return moto(request)

    def _create(self, request: Request, moto: Answer) -> Response:
        job = request.json
        name = job.get("TrainingJobName", "")
        with self._lock:
            if name in self._jobs:
                return _error("ResourceInUse", f"Training job names must be unique: {name} exists already.")
            response = moto(request)
            if response.status != 200:
                return response
            record = sagemaker_backends[self._account.id][self._account.region].training_jobs[name]
            record.training_job_status, record.secondary_status = "InProgress", "Starting"
            record.training_start_time = record.training_end_time = None  # type: ignore[assignment]
            record.model_artifacts, record.final_metric_data_list = None, []  # type: ignore[assignment]
            running = TrainingJob(
                {**job, "TrainingJobArn": record.arn},
                MotoRecord(record),
                account=self._account,
                roles=self._roles,
                terminal=self._terminal,
                sink=self._sink,
                repository=self._repository,
                scratch=self._scratch,
                command=self._command,
            )
            self._jobs[name] = running
        running.start()
        return response

    def _stop(self, name: str) -> Response:
        job = self._jobs.get(name)
        if job is None:
            return _error("ResourceNotFound", f"Requested resource not found: training job {name}.")
        job.stop()
        return Response(200, [("Content-Type", "application/x-amz-json-1.1")], b"")

    def delete_all(self) -> None:
        """Kill what runs, so that names can be used again."""
        self.stop()
        with self._lock:
            self._jobs.clear()

    def stop(self) -> None:
        """Kill what runs."""
        for job in self._jobs.values():
            job.kill()


def _error(code: str, message: str) -> Response:
    return Response.of_json(400, {"__type": code, "message": message}, x_amzn_ErrorType=code)
