"""A local server with the API of InvokeModel. It returns vectors from the letters of a text."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import numpy as np

MODEL = "amazon.titan-embed-text-v2:0"


class InvokeModel:
    """The server. `endpoint` is its URL, and `asked` are the bodies of requests.

    `refusals` are (status, code) of the next requests, one each. `allowed` is the number of requests that are
    answered before all others are refused.
    """

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.refusals: list[tuple[int, str]] = []
        self.allowed = 10**9
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any], str]:
        """The status, body and error of one request."""
        with self._lock:
            if self.refusals:
                status, code = self.refusals.pop(0)
                return status, {"message": f"refused with {code}"}, code
            if path != f"/model/{MODEL}/invoke":
                return 400, {"message": "The provided model identifier is invalid."}, "ValidationException"
            if len(self.asked) >= self.allowed:
                message = "You don't have access to the model with the specified model ID."
                return 403, {"message": message}, "AccessDeniedException"
            self.asked.append(body)
        return 200, {"embedding": vector(body["inputText"], body["dimensions"]), "inputTextTokenCount": 3}, ""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, said, code = server.answer(unquote(self.path), body)
                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                if code:
                    self.send_header("x-amzn-ErrorType", code)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: Any) -> None:
                pass

        return Handler


def vector(text: str, width: int) -> list[float]:
    """The vector of a text. Texts with the same letters have similar vectors."""
    counts = np.bincount(np.frombuffer(text.lower().encode(), np.uint8), minlength=256)[:width].astype(float)
    return (counts / np.linalg.norm(counts)).tolist()
