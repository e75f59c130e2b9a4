"""Which requests the console answers: those of its own pages, on this machine.

A page of another site can send forms to 127.0.0.1, and can reach it by a name of its own (DNS rebinding). So
the Host must be this machine, and a request that changes something must name this origin. Browsers send
`Origin` with every POST. https://owasp.org/www-community/attacks/csrf
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SAFE_METHODS = ("GET", "HEAD")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' https: http: data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script or style. Images may come from anywhere, because items name them."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not no-referrer, with which browsers send `Origin: null` in forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Refuses requests of other sites, and adds headers that restrict what a page may do."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] | None = LOOPBACK) -> None:
        """`hosts` are the names of this machine; None if the server in front has checked the name."""
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self.refusal(scope["method"], Headers(scope=scope))
        if refusal is not None:
            await PlainTextResponse(refusal, 403, HEADERS)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def refusal(self, method: str, headers: Headers) -> str | None:
        """Why a request is refused, or None."""
        host = headers.get("host", "")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            name = ""
        if self._hosts is not None and name not in self._hosts:
            return f"The console does not answer for the host {host!r}. Open it at http://127.0.0.1."
        if method in SAFE_METHODS:
            return None
        if headers.get("origin") != f"http://{host}":
            return "The console takes forms of its own pages only. Open the page here and try again."
        return None
