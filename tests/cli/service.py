"""A service on loopback for the command line: the control plane with fakes, and answers that a test gives."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from lambdas.support.http import Operation, serve
from lambdas.support.observability import logger
from tastemaker.control import registry
from tastemaker.wire import Service
from tests.contract.server import Answering, event, listening
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import World

RUNTIME = {"/recommendations": "GetRecommendations", "/personalize-ranking": "GetPersonalizedRanking"}


@dataclass
class FakeService:
    """What answers at `endpoint`. `asked` has the requests of the runtime and of events, in their order.

    `lock` is held while a request is answered, so that a test may change the world in between. `at_once`
    says that what a request starts has ended before the next one, and trainings of a solution whose name
    contains `failing` have failed. `uploads` maps `bucket/key` to objects.
    """

    world: World
    endpoint: str = ""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)
    at_once: bool = False
    failing: str | None = None
    uploads: dict[str, bytes] = field(default_factory=dict)

    def operation(self, name: str) -> Operation:
        def answer(params: dict[str, Any]) -> dict[str, Any]:
            self.asked.append((name, params))
            return self.answers.get(name, {})

        return answer

    def finish(self) -> None:
        """End all imports, trainings and deployments that have been started."""
        for workflow, request in self.world.workflows.started.values():
            (arn,) = request.values()
            if workflow == "import":
                shop.finish_import(self.world, arn)
            elif workflow == "train" and self.failing is not None and self.failing in arn:
                shop.fail_training(self.world, arn, "the data are of one user only")
            elif workflow == "train":
                shop.finish_training(self.world, arn)
            elif workflow == "deploy":
                shop.finish_deployment(self.world, arn)
        self.world.workflows.started.clear()


@contextmanager
def running(world: World, *, at_once: bool = False) -> Iterator[FakeService]:
    """Serve on a free port."""
    found = FakeService(world, at_once=at_once)
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
            if self.headers.get("X-Amz-Target", "").startswith("Kinesis_"):
                operation = self.headers["X-Amz-Target"].partition(".")[2]
                self.answer(200, json.dumps(found.answers[operation]).encode(), {})
                return
            headers = dict(self.headers.items())
            target = headers.get("X-Amz-Target", "")
            chosen = "runtime" if self.path in RUNTIME else "events"
            if target:
                chosen = "tastemaker" if target.startswith("Tastemaker.") else "personalize"
            service, operations = services[chosen]
            with found.lock:
                result = serve(service, event("POST", self.path, headers, body), operations, None)
                if found.at_once:
                    found.finish()
            self.answer(result["statusCode"], result["body"].encode(), result["headers"])

        def do_PUT(self) -> None:  # noqa: N802
            found.uploads[self.path.strip("/")] = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(200, b"", {"ETag": '"0"'})

    logger.setLevel("CRITICAL")  # the functions log on the standard output
    try:
        with listening(Handler) as found.endpoint:
            yield found
    finally:
        logger.setLevel("INFO")
