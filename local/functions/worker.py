"""One worker process: an execution environment of one function."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.account import Account
from local.environment import without_reserved
from local.functions import frames
from local.functions.spec import FunctionSpec

_RUNTIME = Path(__file__).with_name("runtime.py")
_INIT_SECONDS = 60.0  # AWS allows 10; a laptop that starts six workers at once needs more
MAX_RESPONSE_BYTES = 6 * 1024 * 1024
_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "VIRTUAL_ENV",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)


@dataclass(frozen=True)
class Outcome:
    """The result of an invocation: JSON, or Lambda's error object."""

    payload: str
    failed: bool
    throttled: bool = False  # the function did not run, because too many invocations were in progress

    @classmethod
    def error(cls, error_type: str, message: str) -> Outcome:
        return cls(json.dumps({"errorType": error_type, "errorMessage": message}), True)

    @classmethod
    def throttle(cls, reason: str) -> Outcome:
        """An invocation that Lambda rejected, in the format of its TooManyRequestsException."""
        payload = {"Reason": reason, "Type": "User", "message": "Rate Exceeded."}
        return cls(json.dumps(payload), failed=True, throttled=True)


class Worker:
    """A process that has loaded one function. The pool gives it one invocation at a time."""

    def __init__(
        self,
        spec: FunctionSpec,
        account: Account,
        credentials: dict[str, str],
        log: Callable[[str], None],
        scratch: Path,
    ) -> None:
        """Start the process, which loads the handler meanwhile. Its /tmp is a new folder in `scratch`."""
        self.born = time.monotonic()
        self._spec = spec
        self._log = log
        answers, to_emulator = os.pipe()
        self._tmp = Path(tempfile.mkdtemp(prefix="function-", dir=scratch))
        environment = self._environment(spec, account, credentials, to_emulator)
        environment["TMPDIR"] = str(self._tmp)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-u", str(_RUNTIME)],
            cwd=spec.code,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[to_emulator],
            start_new_session=True,
        )
        os.close(to_emulator)
        self._answers = os.fdopen(answers, "rb")
        self._ready = False
        threading.Thread(target=self._read_log, name=f"log of {spec.name}", daemon=True).start()

    @staticmethod
    def _environment(
        spec: FunctionSpec, account: Account, credentials: dict[str, str], answers: int
    ) -> dict[str, str]:
        stream = f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid.uuid4().hex}"
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "PYTHONPATH": str(spec.code),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAMBDA_TASK_ROOT": str(spec.code),
            "_HANDLER": spec.handler,
            "AWS_REGION": account.region,
            "AWS_DEFAULT_REGION": account.region,
            "AWS_ENDPOINT_URL": account.endpoint,
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_LAMBDA_FUNCTION_NAME": spec.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "TASTEMAKER_LOCAL_ANSWERS": str(answers),
            **without_reserved(spec.environment),
        }

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def invoke(self, event: Any, request_id: str) -> Outcome:
        """Run the handler once. A timeout or a crash ends the process (see `alive`)."""
        failed = None if self._ready else self._await_ready(request_id)
        if failed is not None:
            return failed
        deadline = time.time() + self._spec.timeout
        invocation = {"event": event, "requestId": request_id, "arn": self._spec.arn, "deadline": deadline}
        try:
            assert self._process.stdin is not None
            frames.write(self._process.stdin, invocation)  # type: ignore[arg-type]
        except OSError:
            return self._exited(request_id)
        if not self._wait(self._spec.timeout):
            self.kill()
            return Outcome.error(
                "Sandbox.Timedout",
                f"RequestId: {request_id} Error: Task timed out after {self._spec.timeout:.2f} seconds",
            )
        answer = frames.read(self._answers)
        if answer is None:
            return self._exited(request_id)
        if "error" in answer:
            return Outcome(json.dumps(answer["error"]), True)
        if len(answer["result"]) > MAX_RESPONSE_BYTES:
            return Outcome.error(
                "Function.ResponseSizeTooLarge",
                f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes).",
            )
        return Outcome(answer["result"], False)

    def warm(self) -> None:
        """Wait until the handler is loaded. The first invocation reports a failure."""
        if not self._ready:
            self._wait(_INIT_SECONDS)

    def _await_ready(self, request_id: str) -> Outcome | None:
        if not self._wait(_INIT_SECONDS):
            self.kill()
            return Outcome.error("Sandbox.Timedout", f"RequestId: {request_id} Error: Init timed out")
        first = frames.read(self._answers)
        if first is None:
            return self._exited(request_id)
        if not first["ready"]:
            self.kill()
            return Outcome(json.dumps(first["error"]), True)
        self._ready = True
        return None

    def _wait(self, seconds: float) -> bool:
        readable, _, _ = select.select([self._answers], [], [], seconds)
        return bool(readable)

    def _exited(self, request_id: str) -> Outcome:
        status = self._process.wait(timeout=10)
        word = f"signal: {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        return Outcome.error(
            "Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: {word}"
        )

    def kill(self) -> None:
        """End the process and its children. A waiting invocation reports that the process has ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def release(self) -> None:
        """Kill the process, close the pipes, and delete its /tmp. No invocation may be waiting."""
        self.kill()
        shutil.rmtree(self._tmp, ignore_errors=True)
        self._answers.close()
        with contextlib.suppress(OSError):  # what a dead process did not read
            assert self._process.stdin is not None
            self._process.stdin.close()

    def _read_log(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._log(line.decode("utf-8", "replace").rstrip("\n"))
