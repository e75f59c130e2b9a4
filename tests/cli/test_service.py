"""A local run that a command starts, and ends."""

import sys
from pathlib import Path

import pytest

from cli.connection import Connection, answers
from cli.errors import CommandError
from cli.output import Output
from cli.service import LocalRun, running
from tests.cli.conftest import Command
from tests.cli.service import FakeService

READY = """
import http.server, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *arguments): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Health)
print("starting", flush=True)
print(f"ready  http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a checkout, whose local run is a test's own program."""
    for name in ("app.py", "cdk.json", "local/__init__.py", "local/__main__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path))
    return tmp_path


def test_run_is_ready_when_it_says_so_and_ends_with_stop(checkout: Path) -> None:
    (checkout / "local" / "__main__.py").write_text(READY)
    run = LocalRun(["--port", "0"])
    try:
        assert run.wait_ready(30) and answers(run.endpoint)
    finally:
        run.stop()
    assert not answers(run.endpoint)


def test_run_that_cannot_start_is_an_error_with_its_last_words(checkout: Path) -> None:
    (checkout / "local" / "__main__.py").write_text("raise SystemExit('app.py failed')")
    run = LocalRun([])
    with pytest.raises(CommandError, match=r"app\.py failed"):
        run.wait_ready(30)
    run.stop()


def test_service_that_answers_is_used(command: Command, service: FakeService) -> None:
    with running(Connection(service.endpoint), Output()) as (connection, is_ours):
        assert connection.api_url == service.endpoint and not is_ours


def test_state_of_a_service_that_runs_already_is_refused(command: Command, service: FakeService) -> None:
    with pytest.raises(CommandError, match="--state"), running(Connection(service.endpoint), Output(), "dir"):
        pass
