"""What all pages share: templates, the calls of the page, and errors with a remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property, wraps
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import jinja2
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, NoCredentialsError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from console import formats
from console.api import Api
from console.target import Target

PREFIX = "/_console"
"""No bucket can have this name, so that no request for S3 is one for the console."""
SECTIONS = (
    ("data", "Data", ""),
    ("ask", "Ask", "/ask"),
    ("solutions", "Solutions", "/solutions"),
    ("campaigns", "Campaigns", "/campaigns"),
    ("events", "Events", "/events"),
    ("jobs", "Jobs", "/jobs"),
    ("search", "Search", "/search"),
)
IN_TRANSITION = ("PENDING", "IN_PROGRESS", "IN PROGRESS", "STOPPING")
MAX_FORM_BYTES = 64 * 1024

templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters.update(formats.FILTERS)


class NotFoundError(LookupError):
    """A page about something that does not exist."""


class Page:
    """One request: its parameters, its calls of the API, and its answer."""

    def __init__(self, request: Request, form: Mapping[str, str]) -> None:
        self.request, self.form = request, form
        self.api = Api(request.app.state.target)

    @property
    def target(self) -> Target:
        """Where calls go."""
        return self.api.target

    @property
    def group(self) -> str:
        """The name of the dataset group in the address; empty on pages about all of them."""
        return str(self.request.path_params.get("group", ""))

    @cached_property
    def group_arn(self) -> str:
        """The ARN of the dataset group."""
        return self.target.arn(f"dataset-group/{self.group}")

    def asked(self, name: str, default: str = "") -> str:
        """A parameter of the address or of the form, without blanks around it."""
        return (self.form.get(name) or self.request.query_params.get(name) or default).strip()

    def named(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def render(self, template: str, *, section: str = "", status: int = 200, **context: Any) -> Response:
        """The page. `section` is the entry of the navigation that it belongs to."""
        text = templates.get_template(template).render(
            page=self,
            prefix=PREFIX,
            section=section,
            sections=SECTIONS,
            now=datetime.now(UTC),
            url=url,
            **context,
        )
        return HTMLResponse(text, status)

    @property
    def here(self) -> str:
        """The address of this page."""
        query = self.request.url.query
        return f"{self.request.url.path}?{query}" if query else self.request.url.path


def url(group: str, path: str = "", **parameters: str) -> str:
    """The address of a page about a dataset group. Names are escaped."""
    query = urlencode({name: value for name, value in parameters.items() if value})
    steps = "/".join(quote(step, safe="$") for step in path.split("/")) if path else ""
    return (
        f"{PREFIX}/groups/{quote(group, safe='')}{'/' if steps else ''}{steps}{'?' if query else ''}{query}"
    )


View = Callable[[Page], Response]


def view(function: View) -> Callable[[Request], Any]:
    """Run a view in a thread, and answer its errors with a page."""

    @wraps(function)
    async def answer(request: Request) -> Response:
        form = await _form(request)

        def run() -> Response:
            page = Page(request, form)
            try:
                return function(page)
            except (ClientError, BotoCoreError, LookupError) as error:
                return _failed(page, error)

        return await run_in_threadpool(run)

    return answer


async def _form(request: Request) -> dict[str, str]:
    if request.method != "POST":
        return {}
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def failed(request: Request, error: Exception) -> Response:
    """The page about an error that no view has handled."""
    return _failed(Page(request, {}), error)


def _failed(page: Page, error: Exception) -> Response:
    title, remedy, status = explained(error, page.target)
    return page.render("error.html", status=status, title=title, detail=str(error), remedy=remedy)


def explained(error: Exception, target: Target) -> tuple[str, str, int]:
    """The title of an error, what to do about it, and the HTTP status."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if code == "ResourceNotFoundException" or isinstance(error, LookupError):
        return "Not found", "It may have been deleted. Go back to the list and open it from there.", 404
    if code in ("AccessDeniedException", "AccessDenied"):
        return (
            "Your credentials do not permit this",
            "Ask for the permission that the message names, or start the console with another --profile.",
            403,
        )
    if isinstance(error, NoCredentialsError) or code in ("ExpiredTokenException", "ExpiredToken"):
        return "No valid credentials", "Sign in to AWS again (aws sso login), then load this page again.", 401
    if isinstance(error, ConnectionError):
        return (
            "Nothing answers at the endpoint",
            f"Start the service at {target.endpoint} (python -m local), then load this page again.",
            502,
        )
    if code:
        return "The service refused the request", "Correct what the message names, and try again.", 400
    return "The console failed", "Load the page again. If it fails again, report the message below.", 500
