"""Lambda's Runtime API, and a process that runs a function with Lambda's own runtime client, `awslambdaric`.

The process sees the Python standard library, the function's package, and the runtime client: nothing else of
this machine. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

RUNTIME = "/2018-06-01/runtime"
EXTENSION = "/2020-01-01/extension"
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot_restore_py")
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:x"
LIMIT_SECONDS = 120.0


@dataclass(frozen=True)
class Outcome:
    """How a function ended its first invocation: `response`, `error` or `init`, with what it sent."""

    way: str
    body: Any


@dataclass
class RuntimeApi:
    """The API for one process and one invocation."""

    event: Any
    registered: list[str] = field(default_factory=list)
    """The names of the extensions that the function registered."""
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        self.ended, self._given, self._closed = threading.Event(), False, threading.Event()
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == f"{RUNTIME}/invocation/next" and not api._given:
                    api._given = True
                    deadline = str(int((time.time() + LIMIT_SECONDS) * 1000))
                    names = {"Aws-Request-Id": "r-1", "Deadline-Ms": deadline}
                    names |= {"Invoked-Function-Arn": FUNCTION_ARN, "Trace-Id": "Root=1-2-3"}
                    headers = {f"Lambda-Runtime-{name}": value for name, value in names.items()}
                    self._answer(200, json.dumps(api.event).encode(), headers)
                else:  # the next invocation, or the next event of an extension
                    api._closed.wait()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path == f"{EXTENSION}/register":
                    api.registered.append(self.headers["Lambda-Extension-Name"])
                    self._answer(200, b"{}", {"Lambda-Extension-Identifier": "e-1"})
                    return
                way = "init" if self.path == f"{RUNTIME}/init/error" else self.path.rpartition("/")[2]
                api.outcome = Outcome(way, json.loads(body))
                self._answer(202, b"{}", {})
                api.ended.set()

            def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
                self.send_response(status)
                # The client crashes without a type of content.
                always = {"Content-Type": "application/json", "Content-Length": str(len(body))}
                for name, value in {**headers, **always}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """No log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()


def run_first_event(
    asset: Path, client: Path, handler: str, event: Any, environment: Mapping[str, str]
) -> tuple[Outcome, list[str]]:
    """The outcome of a function's first event, and the extensions that it registered.

    `asset` is the folder of its package, `client` that of the runtime client. Raises AssertionError with the
    function's log if the process ends without an outcome.
    """
    api = RuntimeApi(event)
    variables = {
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_LAMBDA_FUNCTION_NAME": "x",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAMBDA_TASK_ROOT": str(asset),
        "PYTHONPATH": f"{asset}{os.pathsep}{client}",
        "PATH": os.environ["PATH"],
        **environment,
    }
    # -S: without the packages of this machine. -P: without the working directory.
    command = [sys.executable, "-S", "-P", "-B", "-m", "awslambdaric", handler]
    with subprocess.Popen(
        command, cwd=asset, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            deadline = time.monotonic() + LIMIT_SECONDS
            while not api.ended.wait(0.05) and process.poll() is None and time.monotonic() < deadline:
                pass
        finally:
            process.kill()
            api.close()
        log = process.stdout.read() if process.stdout else ""
    assert api.outcome is not None, f"{handler} did not answer:\n{log}"
    return api.outcome, api.registered


def install(names: Iterable[str], folder: Path) -> None:
    """Put installed packages into a folder, as pip would, without their dependencies."""
    for name in names:
        found = distribution(name)
        for file in found.files or ():
            if file.parts[0] == ".." or "__pycache__" in file.parts:
                continue
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            # Trimming a package writes models anew; of other files it only removes links.
            _copy(Path(str(file.locate())), target, link="data" not in file.parts)


def _copy(source: Path, target: Path, *, link: bool) -> None:
    if link:
        try:
            os.link(source, target)
            return
        except OSError:  # another file system
            pass
    shutil.copyfile(source, target)
