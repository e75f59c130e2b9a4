"""A service on loopback for the command line: the control plane with fakes, and answers that a test gives."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from lambdas.support.http import Operation, serve
from tastemaker.control import registry
from tastemaker.wire import Service
from tests.contract.server import event
from tests.tastemaker.control.fakes import World

RUNTIME = {"/recommendations": "GetRecommendations", "/personalize-ranking": "GetPersonalizedRanking"}


@dataclass
class FakeService:
    """What answers at `endpoint`. `asked` has the requests of the runtime and of events, in their order.

    `lock` is held while a request is answered, so that a test may change the world in between.
    """

    world: World
    endpoint: str = ""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def operation(self, name: str) -> Operation:
        def answer(params: dict[str, Any]) -> dict[str, Any]:
            self.asked.append((name, params))
            return self.answers.get(name, {})

        return answer


@contextmanager
def running(world: World) -> Iterator[FakeService]:
    """Serve on a free port."""
    found = FakeService(world)
    names = ("GetRecommendations", "GetPersonalizedRanking", "PutEvents", "DescribeDeployment")
    own = {name: found.operation(name) for name in names}
    services = {
        "personalize": (Service("personalize"), registry.operations(world.control)),
        "runtime": (Service("personalize-runtime"), own),
        "events": (Service("personalize-events"), own),
        "tastemaker": (Service("tastemaker"), own),
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer(200 if self.path == "/_local/health" else 404, b"{}", {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path.startswith("/search/"):
                found.asked.append((self.path, json.loads(body)))
                self.answer(200, json.dumps(found.answers["search"]).encode(), {})
                return
            headers = dict(self.headers.items())
            target = headers.get("X-Amz-Target", "")
            chosen = "runtime" if self.path in RUNTIME else "events"
            if target:
                chosen = "tastemaker" if target.startswith("Tastemaker.") else "personalize"
            service, operations = services[chosen]
            with found.lock:
                result = serve(service, event("POST", self.path, headers, body), operations, None)
            self.answer(result["statusCode"], result["body"].encode(), result["headers"])

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    found.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
