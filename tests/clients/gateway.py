"""A stand-in for API Gateway: it records what requests are signed for, and answers all of them alike."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Gateway:
    """`signed_for` has the service names of the signatures, in the order of the requests."""

    url: str = ""
    signed_for: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point a client at the stand-in."""
        services = ("PERSONALIZE", "PERSONALIZE_RUNTIME", "PERSONALIZE_EVENTS", "TASTEMAKER")
        return {
            **{f"AWS_ENDPOINT_URL_{service}": self.url for service in services},
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }


@contextmanager
def answering(status: int = 200, message: str | None = None) -> Iterator[Gateway]:
    """A gateway whose responses have `status`, and the body that API Gateway gives its own errors."""
    gateway = Gateway()
    body = json.dumps({} if message is None else {"message": message}).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            scope = self.headers["authorization"].split("Credential=")[1].split(",")[0]
            gateway.signed_for.append(scope.split("/")[-2])
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Keep the test's output quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        gateway.url = f"http://127.0.0.1:{server.server_port}"
        yield gateway
        server.shutdown()
