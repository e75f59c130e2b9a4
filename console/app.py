"""The web application: routes, templates, and what happens with errors."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from console.guard import LOOPBACK, Guard
from console.page import PREFIX, failed
from console.target import Target
from console.views import ROUTES, datasets

STATIC = Path(__file__).parent / "static"


class CachedFiles(StaticFiles):
    """Style sheets, scripts and icons. Their addresses have the version."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """The response for one file."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "max-age=86400"
        return response


def create_app(target: Target, *, hosts: Collection[str] | None = LOOPBACK) -> Starlette:
    """The console of a deployment or local run. `hosts` as in `Guard`."""
    app = Starlette(
        routes=[
            Route("/", datasets.groups, name="home"),
            Mount(f"{PREFIX}/static", CachedFiles(directory=STATIC), name="static"),
            *(Route(f"{PREFIX}{path}", view, methods=[method]) for method, path, view in ROUTES),
            Route("/{path:path}", _unknown),
        ],
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={Exception: failed},
    )
    app.state.target = target
    return app


def _unknown(request: Request) -> Response:
    return failed(request, LookupError(f"There is no page {request.url.path}."))
