"""`tastemaker doctor`: what this machine and the endpoint lack, with the remedy for each."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import click

from cli import checkout
from cli.connection import Connection, answers, connected
from cli.errors import FINDINGS, SUCCESS, CommandError
from cli.output import Output, state
from tastemaker.contracts.api_endpoint import LOCAL_ENDPOINT

MIN_FREE_GIGABYTES = 5
MIN_NODE = 20


@dataclass(frozen=True)
class Finding:
    """One check. `status` is ok, warning or missing."""

    check: str
    status: str
    text: str
    remedy: str = ""


@click.command(short_help="Say what this machine or the endpoint lacks.")
@connected
def doctor(connection: Connection, output: Output) -> int:
    """Check this machine and the endpoint, and say how to mend what is wrong.

    The exit code is 1 if something is missing.
    """
    found = [*_machine(), *_app(), *_endpoint(connection)]
    if output.as_json:
        output.json([asdict(one) for one in found])
    else:
        rows: list[list[Any]] = []
        for one in found:
            rows.append([state(one.status), one.check, one.text])
            if one.remedy:
                rows.append(["", "", one.remedy])
        output.table(["", "", ""], rows, folded=[2])
    return FINDINGS if any(one.status == "missing" for one in found) else SUCCESS


def _machine() -> Iterator[Finding]:
    python = platform.python_version()
    yield Finding("Python", "ok", f"{python} at {sys.executable}")
    free = shutil.disk_usage(".").free / 1e9
    status = "ok" if free > MIN_FREE_GIGABYTES else "warning"
    remedy = "" if status == "ok" else "Training and its data need some gigabytes: free disk space."
    yield Finding("disk", status, f"{free:.0f} GB free", remedy)
    node = shutil.which("node")
    version = ""
    if node:
        version = subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=False
        ).stdout.strip()
    major = int(version.lstrip("v").partition(".")[0] or 0) if version else 0
    if major >= MIN_NODE:
        yield Finding("Node.js", "ok", version)
    else:
        yield Finding(
            "Node.js",
            "missing",
            version or "not found",
            "The CDK runs on it: install Node.js 22 from nodejs.org.",
        )


def _app() -> Iterator[Finding]:
    try:
        folder = checkout.folder()
        yield Finding("checkout", "ok", str(folder))
        yield Finding("environment", "ok", checkout.python(folder))
    except CommandError as error:
        yield Finding("checkout", "warning", error.problem, error.remedy)
        return
    for module, use in (("torch", "trains personal models"), ("moto", "plays AWS in the local run")):
        if importlib.util.find_spec(module) is None and checkout.python(folder) == sys.executable:
            yield Finding(module, "missing", f"not installed; it {use}", f"make -C {folder} .venv/ready")


def _endpoint(connection: Connection) -> Iterator[Finding]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        url = connection.api_url
    except CommandError as error:
        status = "missing" if connection.endpoint or connection.stage else "warning"
        yield Finding("endpoint", status, error.problem, error.remedy)
        return
    yield Finding("endpoint", "ok", f"{url}{' (local run)' if connection.is_local else ''}")
    try:
        found = connection.client("tastemaker").describe_deployment()["deployment"]
        text = f"version {found['version']}, stage {found['stage']}, {found['region']}"
        yield Finding("service", "ok", text)
    except (BotoCoreError, ClientError) as error:
        yield Finding(
            "service", "missing", str(error), "Check the credentials and that the endpoint is Tastemaker's."
        )
    if url != LOCAL_ENDPOINT and connection.is_local and answers(LOCAL_ENDPOINT):
        yield Finding("another run", "warning", f"a local run also answers at {LOCAL_ENDPOINT}")
