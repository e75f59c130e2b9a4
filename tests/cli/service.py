"""A service on loopback for the command line: the control plane with fakes, and answers that a test gives."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from lambdas.support.http import Operation, serve
from tastemaker.control import registry
from tastemaker.wire import Service
from tests.contract.server import Answering, event, listening
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

    class Handler(Answering):
        def do_GET(self) -> None:  # noqa: N802
            self.answer(200 if self.path == "/_local/health" else 404, b"{}", {})

        def do_POST(self) -> None:  # noqa: N802
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

    with listening(Handler) as found.endpoint:
        yield found
