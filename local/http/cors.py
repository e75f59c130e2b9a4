"""CORS as in API Gateway: answers to preflight requests, and headers of all other answers.

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
        """Read the property of the template, whose origins are `*`."""
        common = (("Access-Control-Allow-Origin", "*"),)
        allowed = tuple(
            (f"Access-Control-Allow-{name}", ",".join(configuration.get(f"Allow{name}", ())))
            for name in ("Methods", "Headers")
        )
        age = (("Access-Control-Max-Age", str(configuration.get("MaxAge", 0))),)
        exposed = (("Access-Control-Expose-Headers", ",".join(configuration.get("ExposeHeaders", ()))),)
        return cls(common + allowed + age, common + exposed)

    def preflight(self) -> Response:
        """The answer to a preflight request, which needs no signature."""
        return Response(204, list(self.preflight_fields))

    def mark(self, request: Request, response: Response) -> Response:
        """The response with the headers that let the page that sent the request read it."""
        if "origin" in request.headers:
            response.headers.extend(self.answer_fields)
        return response


def is_preflight(request: Request) -> bool:
    """Whether a browser asks if it may send a request to another origin."""
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers
