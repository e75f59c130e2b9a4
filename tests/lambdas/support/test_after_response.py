"""The extension, against a server that speaks Lambda's Extensions API."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lambdas.support.after_response import MARGIN_SECONDS, NAME, AfterResponse

# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
REGISTER, NEXT = "/2020-01-01/extension/register", "/2020-01-01/extension/event/next"


class Lambda(ThreadingHTTPServer):
    """The Extensions API. `invoke` sends an event; `calls` has the paths in order."""

    daemon_threads = True

    def __init__(self) -> None:
        self.calls: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def invoke(self, *, seconds: float) -> None:
        self.events.put({"eventType": "INVOKE", "deadlineMs": int((time.time() + seconds) * 1000)})

    def next_call(self) -> str:
        return self.calls.get(timeout=10)[0]


class Handler(BaseHTTPRequestHandler):
    server: Lambda

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.put((self.path, (self.headers["Lambda-Extension-Name"], body)))
        self._answer({}, {"Lambda-Extension-Identifier": "id-1"})

    def do_GET(self) -> None:
        assert self.headers["Lambda-Extension-Identifier"] == "id-1"
        self.server.calls.put((self.path, None))
        self._answer(self.server.events.get())

    def _answer(self, body: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Lambda]:
    server = Lambda()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_work_runs_after_the_answer_and_before_the_next_event(api: Lambda) -> None:
    work: queue.Queue[float] = queue.Queue()
    release = threading.Event()

    def finish(seconds: float) -> None:
        work.put(seconds)
        release.wait(10)

    extension = AfterResponse(api.address, finish)
    assert extension.start()
    path, (name, body) = api.calls.get(timeout=10)
    assert (path, name, body) == (REGISTER, NAME, {"events": ["INVOKE"]})
    assert api.next_call() == NEXT
    for _ in range(2):
        api.invoke(seconds=60)
        time.sleep(0.05)
        assert work.empty()  # the request is still being answered
        extension.answered()
        assert 60 - MARGIN_SECONDS - 5 < work.get(timeout=10) <= 60 - MARGIN_SECONDS
        assert api.calls.empty()  # the environment stays busy until the work is done
        release.set()
        assert api.next_call() == NEXT
        release.clear()


def test_request_that_takes_all_its_time_leaves_none_for_the_work(api: Lambda) -> None:
    work: queue.Queue[float] = queue.Queue()
    extension = AfterResponse(api.address, work.put)
    assert extension.start()
    assert [api.next_call(), api.next_call()] == [REGISTER, NEXT]
    api.invoke(seconds=MARGIN_SECONDS)
    assert api.next_call() == NEXT  # it does not hold the environment until Lambda ends it
    assert work.empty()


def test_extension_does_not_start_outside_of_lambda() -> None:
    assert not AfterResponse("", lambda _: None).start()
    assert not AfterResponse("127.0.0.1:1", lambda _: None).start()
