"""Which requests the endpoint accepts: those of programs on this machine, not of web pages.

A page that is open in the user's browser can send requests to 127.0.0.1, with its own name in `Host` when its
DNS answers 127.0.0.1 (DNS rebinding). Browsers name the page's site in `Origin`, except in GET requests for
images and links, where `Sec-Fetch-Site` tells that the request crosses sites; moto accepts actions such as
`GET /?Action=CreateRole`. Programs send neither of the two headers.
https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from local.http.messages import Request, Response

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# HTTP APIs; only a resolver that the user sets up points such a name to this machine.
_API_HOST = re.compile(r"[a-z0-9-]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
_EMULATOR_PREFIX = "/moto-api"
_OTHER_SITES = ("cross-site", "same-site")


@dataclass(frozen=True)
class Access:
    """What the user allows in addition to programs on this machine.

    `hosts` are additional names of this machine, such as `host.docker.internal`. `origins` are sites whose
    pages may call Personalize's API here, such as `http://localhost:3000`; they reach no other service.
    """

    hosts: Collection[str] = ()
    origins: Collection[str] = ()

    def refusal(self, request: Request, *, serves_api: bool) -> Response | None:
        """The 403 for a request that is not accepted, or None.

        `serves_api` says whether the request is for the template's HTTP API.
        """
        host = request.headers.get("host")
        if host is not None and not self._is_this_machine(host):
            return _refused(
                f"The local run does not answer for the host {host!r}. Use 127.0.0.1, or start it with "
                "--allow-host NAME."
            )
        origin = request.headers.get("origin")
        if origin is None and request.headers.get("sec-fetch-site") in _OTHER_SITES:
            origin = "another site"
        if origin is not None and origin != f"http://{host}" and not (serves_api and origin in self.origins):
            return _refused(
                f"The local run does not answer web pages of {origin}. Start it with --allow-origin ORIGIN "
                "to let pages of an origin call Personalize's API; other services stay closed to them."
            )
        if request.path.startswith(_EMULATOR_PREFIX):
            return _refused("The control routes of the emulator are closed. Restart the local run instead.")
        return None

    def _is_this_machine(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return (
            name in _LOOPBACK
            or name.endswith(".localhost")
            or name in self.hosts
            or _API_HOST.fullmatch(name) is not None
        )


DEFAULT_ACCESS = Access()


def _refused(message: str) -> Response:
    body = {"__type": "AccessDeniedException", "message": message}
    return Response.of_json(403, body, x_amzn_ErrorType="AccessDeniedException")
