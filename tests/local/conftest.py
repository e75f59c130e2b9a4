"""One emulator for all tests of this folder, with the tiny stack."""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator import Emulator
from local.http.access import Access
from tests.local.tiny import resources, write_assembly

SHOP = "https://shop.example"  # a site that the user allows
PROGRAM = Path(__file__).with_name("training_program.py")


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_assembly(tmp_path_factory.mktemp("assembly"), resources())


@pytest.fixture(scope="session")
def local(assembly: Path) -> Iterator[Emulator]:
    command = [sys.executable, str(PROGRAM), "train"]
    access = Access(origins=[SHOP])
    with Emulator(assembly=assembly, training_command=command, access=access) as local:
        yield local


@pytest.fixture(scope="session")
def lake(local: Emulator) -> str:
    """The tiny stack's bucket."""
    return next(
        b["Name"] for b in local.client("s3").list_buckets()["Buckets"] if b["Name"].startswith("tiny-lake")
    )


@pytest.fixture(scope="session")
def stream(local: Emulator) -> str:
    names = local.client("kinesis").list_streams()["StreamNames"]
    return next(name for name in names if name.startswith("tiny-"))


@pytest.fixture(scope="session")
def invoke(local: Emulator) -> Callable[..., tuple[Any, str | None]]:
    """Invoke a function of the tiny stack: (what it answered, its function error)."""
    client = local.client("lambda")

    def call(name: str, event: Any, **more: Any) -> tuple[Any, str | None]:
        response = client.invoke(FunctionName=f"tiny-{name}", Payload=json.dumps(event), **more)
        text = response["Payload"].read()
        return json.loads(text) if text else None, response.get("FunctionError")

    return call


@pytest.fixture(scope="session")
def run(local: Emulator) -> Callable[..., dict[str, Any]]:
    """Run a state machine of the tiny stack to its end."""
    client = local.client("stepfunctions")

    def execute(name: str, given: dict[str, Any], *, wait: bool = True) -> dict[str, Any]:
        machine = local.account.arn("states", f"stateMachine:tiny-{name}")
        started = client.start_execution(stateMachineArn=machine, input=json.dumps(given))
        if not wait:
            return dict(started)
        return until(
            lambda: client.describe_execution(executionArn=started["executionArn"]),
            lambda described: described["status"] != "RUNNING",
        )

    return execute


def until(get: Callable[[], Any], good: Callable[[Any], Any], *, seconds: float = 60) -> Any:
    """What `get` returns as soon as it is good; the last value if it never is."""
    end = time.monotonic() + seconds
    while not good(value := get()) and time.monotonic() < end:
        time.sleep(0.05)
    assert good(value), value
    return value


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"
