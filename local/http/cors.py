"""What API Gateway does for browsers: it answers their preflight requests, and adds headers to the rest.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.http.messages import Request, Response


@dataclass(frozen=True)
class Cors:
    """The `CorsConfiguration` of an HTTP API."""

    preflight_fields: tuple[tuple[str, str], ...]
    answer_fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> Cors:
        """From the template's property, whose origins are `*`."""
        common = (("Access-Control-Allow-Origin", "*"),)
        allowed = tuple(
            (f"Access-Control-Allow-{name}", ",".join(configuration.get(f"Allow{name}", ())))
            for name in ("Methods", "Headers")
        )
        age = (("Access-Control-Max-Age", str(configuration.get("MaxAge", 0))),)
        exposed = (("Access-Control-Expose-Headers", ",".join(configuration.get("ExposeHeaders", ()))),)
        return cls(common + allowed + age, common + exposed)

    def preflight(self) -> Response:
        """The answer to a browser that asks whether it may; nobody is asked for a signature yet."""
        return Response(204, list(self.preflight_fields))

    def mark(self, request: Request, response: Response) -> Response:
        """`response`, readable by the page that sent `request` (only a page names its origin)."""
        if "origin" in request.headers:
            response.headers.extend(self.answer_fields)
        return response


def is_preflight(request: Request) -> bool:
    """Whether a browser asks if it may send a request to another origin."""
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers
