"""The console at `/`: a web application in this process, which calls the API at this endpoint.

A browser asks for `/` with `Accept: text/html` and without a signature, which no SDK does. All other pages
have a prefix that no bucket can have, so requests for S3 are never taken for pages.
"""

from __future__ import annotations

import asyncio
import threading
import traceback
from typing import Any

from local.http.messages import Request, Response

PREFIX = "/_console/"
SECONDS = 60.0
"""How long a page may take."""


class ConsolePages:
    """Answers requests of browsers. The application is imported with the first one, which takes a second."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint, self._region = endpoint, region
        self._lock = threading.Lock()
        self._app: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @staticmethod
    def serves(request: Request) -> bool:
        """Whether a request is for a page, or for a file of one."""
        if request.credential is not None or "authorization" in request.headers:
            return False
        if request.path.startswith(PREFIX):
            return True
        browser = "text/html" in request.headers.get("accept", "")
        return browser and request.method in ("GET", "HEAD") and request.path == "/" and not request.query

    def __call__(self, request: Request) -> Response:
        loop = self._started()
        return asyncio.run_coroutine_threadsafe(_answer(self._app, request), loop).result(SECONDS)

    def _started(self) -> asyncio.AbstractEventLoop:
        """The event loop that all pages run on."""
        with self._lock:
            if self._loop is None:
                from console.app import create_app
                from console.target import local_target

                # The router has checked the host already.
                self._app = create_app(local_target(self._endpoint, self._region), hosts=None)
                loop = asyncio.new_event_loop()
                threading.Thread(target=loop.run_forever, name="console", daemon=True).start()
                self._loop = loop
            return self._loop


async def _answer(app: Any, request: Request) -> Response:
    """The answer of an ASGI application.

    https://asgi.readthedocs.io/en/latest/specs/www.html
    """
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.raw_path.encode(),
        "query_string": request.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in request.headers.items()],
        "client": (request.client, 0),
        "server": None,
    }
    response = Response(500)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
            response.headers = [
                (name.decode(), value.decode("latin-1")) for name, value in message["headers"]
            ]
        elif message["type"] == "http.response.body":
            response.body += message.get("body", b"")

    try:
        await app(scope, receive, send)
    except Exception:
        if not response.body:  # otherwise the application has answered with a page about the error
            raise
        traceback.print_exc()
    return response
