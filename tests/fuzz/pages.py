"""Requests for the console's pages: its routes and forms, hostile texts, other sites, and files outside.

The pages call the services of a shop in this process. Names of items, columns and files contain markup, so
that a page that does not escape one of them gets an element or an attribute of its own.
"""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError

from console import jobs
from console.app import create_app
from console.guard import HEADERS, LOOPBACK
from console.page import PREFIX
from console.target import Target, session_of
from console.views import ROUTES
from local.http.console import _answer
from local.http.messages import Headers, Request, Response
from tastemaker.contracts.api_endpoint import OUR_SERVICES
from tastemaker.errors import TastemakerError
from tests.fuzz import texts
from tests.fuzz.checks import HangError, limited
from tests.fuzz.shop import Shop
from tests.standard_schemas import ITEM_ID, avro, field
from tests.tastemaker.control import shop as make

ENDPOINT = "http://127.0.0.1:9"
HOST = "127.0.0.1:8766"
ORIGIN = f"http://{HOST}"
MARKUP = [
    "<xss>",
    '"><xss a=1>',
    "'><xss>",
    '" onxss="1',
    "' onxss='1",
    "</script><xss>",
    "</textarea><xss>",
    "javascript:xss()",
    "data:text/html,<xss>",
    "{{7*191}}",
    "{% raw %}",
    "\x00<xss>",
    "&lt;xss&gt;",
]
"""Texts that become an element `xss`, an attribute `onxss`, or 1337 in a page that does not escape them."""
HOSTS = ["attacker.example", "127.0.0.1.attacker.example", "127.0.0.1@attacker.example", "", "[::1", "a b"]
ORIGINS = [None, "null", "https://attacker.example", f"http://{HOST}.attacker.example", f"https://{HOST}"]
TRAVERSALS = [
    "/static/../app.py",
    "/static/..%2fapp.py",
    "/static/%2e%2e/app.py",
    "/static/vendor/..%2f..%2fapp.py",
    "/static/..%5capp.py",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/console.css%00.py",
    "/static/" + "..%2f" * 12 + "etc%2fpasswd",
    "/static/",
    "/static/vendor",
    "/static/../guard.py%3f",
]
SECRETS = (b"from __future__", b"root:x:0")
"""What files outside the folder of static files contain."""
PARAMETERS = [
    *("page", "campaign", "compare", "user", "item", "filter", "promotion", "percent", "range", "type"),
    *("from", "ask", "text", "weight", "send", "event-type", "before", "value.GENRES", "context.DEVICE"),
]


@dataclass(frozen=True)
class PageRequest:
    """One request of a browser, or of somebody who pretends to be one."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def header(self) -> dict[str, str]:
        return dict(self.headers)

    def __str__(self) -> str:
        return f"{self.method} {self.target[:600]} {self.headers} {self.body[:600]!r}"


class Pages:
    """The console of a shop, which has hostile names."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._lock = shop, threading.Lock()
        session = session_of(region="eu-west-1", aws_access_key_id="fuzz", aws_secret_access_key="fuzz")
        session.events.register_first("before-send", self._send)
        target = Target(session, ENDPOINT, serves_aws=True)
        self._app = create_app(target)
        self.names = _fill(shop, target)

    def problem(self, request: PageRequest) -> tuple[int, str | None]:
        """The status of the answer to a request, and what is wrong with it, or None."""
        before = self._shop.stored
        headers = Headers()
        for name, value in request.headers:
            headers.add(name, value)
        raw = Request(request.method, request.target, headers, request.body)
        try:
            with limited():
                response = asyncio.run(_answer(self._app, raw))
        except HangError:
            return 0, "no answer"
        except Exception as error:
            return 0, f"the page raised {error!r}"
        return response.status, self._wrong(request, response, wrote=self._shop.stored != before)

    def _wrong(self, request: PageRequest, response: Response, *, wrote: bool) -> str | None:
        if response.status >= 500:
            text = response.body.decode("utf-8", "replace")
            return f"status {response.status}: {text[text.find('<main') :][:400]!r}"
        host = request.header.get("host", "")
        foreign = host.rpartition(":")[0] not in LOOPBACK and host not in LOOPBACK
        safe = request.method in ("GET", "HEAD")
        if foreign and response.status != 403:
            return f"the host {host!r} got an answer"
        if not safe and request.header.get("origin") != f"http://{host}" and response.status != 403:
            return f"a form of {request.header.get('origin')!r} was taken"
        if wrote and (safe or response.status == 403):
            return f"{request.method} with status {response.status} wrote something"
        for name in HEADERS:
            if not response.header(name.lower()):
                return f"the answer has no {name}"
        if any(secret in response.body for secret in SECRETS):
            return "the answer has a file that is not the console's"
        if "html" in (response.header("content-type") or ""):
            return injected(response.body.decode())
        return None

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """What answers the calls of pages: the services in this process, and nobody else."""
        headers = Headers()
        for name, value in request.headers.items():
            headers.add(name, value.decode() if isinstance(value, bytes) else str(value))
        data = request.body or b""
        body = data.encode() if isinstance(data, str) else bytes(data)
        path = request.url.removeprefix(ENDPOINT)
        raw = Request("POST" if request.method == "POST" else request.method, path, headers, body)
        service = raw.credential[2] if raw.credential else ""
        if service in (*OUR_SERVICES, "personalize", "execute-api"):
            with self._lock:  # the services in memory answer one request at a time
                response = self._shop.send(raw)
        elif "json" in headers.get("content-type", ""):
            response = Response.of_json(400, {"__type": "AccessDeniedException", "message": "not here"})
        else:
            text = b"<Error><Code>AccessDenied</Code><Message>not here</Message></Error>"
            response = Response(403, [("Content-Type", "text/xml")], text)
        return AWSResponse(
            request.url,
            response.status,
            {name.lower(): value for name, value in response.headers},
            _Raw(response.body),
        )


class _Raw(io.BytesIO):
    """A body as urllib3 has it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        while chunk := self.read(1 << 16):
            yield chunk


def _fill(shop: Shop, target: Target) -> dict[str, list[str]]:
    """Put hostile texts where pages show them. Returns names that exist, by the part of a path."""
    events = target.client("personalize-events")
    for number, text in enumerate(MARKUP):
        properties = json.dumps({"genres": text, "summary": text})
        for item in (text.replace("\x00", ""), f"alien{number}"):
            _try(events.put_items, datasetArn=shop.datasets["Items"], items=[_item(item, properties)])
    here = shop.world
    group = make.group(here, "pages")
    hostile = field("GENRES", ["null", "string"], categorical=True)
    schema = here.call("CreateSchema", name="pages", schema=avro("Items", fields=[ITEM_ID, hostile]))
    items = make.dataset(here, group, "Items", schema["schemaArn"])
    make.dataset(here, group, "Interactions", make.schema(here, name="pages-events"))
    for number, text in enumerate(MARKUP):
        quoted = text.replace('"', "'").replace("\x00", "")
        expression = f'INCLUDE ItemID WHERE Items.GENRES IN ("{quoted}")'
        _try(here.call, "CreateFilter", name=f"f{number}", datasetGroupArn=group, filterExpression=expression)
        source = {"dataLocation": f"s3://data/{text}"}
        _try(
            here.call,
            "CreateDatasetImportJob",
            jobName=f"j{number}",
            datasetArn=items,
            dataSource=source,
            roleArn=make.ROLE,
        )
    make.imported(here, shop.datasets["Interactions"], "paged")
    solution = make.solution(here, shop.group, "paged")
    version = make.trained(here, solution)
    make.deployed(here, version, "paged")
    return {
        "group": ["cinema", "cinema", "pages", "films"],
        "type": ["ITEMS", "INTERACTIONS", "USERS", *jobs.TYPES],
        "name": ["paged", *(f"j{number}" for number in range(len(MARKUP)))],
        "solution": ["paged"],
        "version": [version.rpartition("/")[2]],
    }


def _item(item_id: str, properties: str) -> dict[str, str]:
    return {"itemId": item_id, "properties": properties}


def _try(call: Callable[..., Any], *args: Any, **params: Any) -> None:
    """Some of the texts are refused, as they should be."""
    with suppress(ClientError, TastemakerError):
        call(*args, **params)


class _Injection(HTMLParser):
    """Looks for what only an unescaped text can have put into a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if "xss" in tag:
            self.found = f"the page has an element {tag}"
        for name, value in attrs:
            if "onxss" in name:
                self.found = f"{tag} has an attribute {name}"
            address = (value or "").strip().lower()
            scripts = address.startswith(("javascript:", "data:text"))
            if scripts and name in ("href", "src", "action", "formaction"):
                self.found = f"{tag} has the {name} {value}"

    def handle_data(self, data: str) -> None:
        if "1337" in data:
            self.found = "the page has evaluated a text"


def injected(page: str) -> str | None:
    """What only an unescaped text can have put into a page, or None."""
    parser = _Injection()
    parser.feed(page)
    parser.close()
    return parser.found


def generated(pages: Pages, rng: Random) -> Iterator[PageRequest]:
    """Requests without end. The same seed gives the same ones."""
    while True:
        yield _one(pages, rng)


def _one(pages: Pages, rng: Random) -> PageRequest:
    method, route, _ = rng.choice(ROUTES)
    path = PREFIX + "/".join(_step(pages, rng, step) for step in route.split("/"))
    if rng.random() < 0.08:
        path = PREFIX + rng.choice(TRAVERSALS)
    elif rng.random() < 0.05:
        path = rng.choice(["/", "//", "/_console", f"{PREFIX}/%ff", f"{PREFIX}/groups//ask", f"{path}/"])
    fields = [(rng.choice(PARAMETERS), _value(pages, rng)) for _ in range(rng.choice([0, 1, 2, 4]))]
    query = urlencode(fields, errors="replace")
    if rng.random() < 0.05:
        query += rng.choice(["&%", "&=", "&user=%ff", "&" * 500, "&user=" + "%3C" * 400])
    headers = [("host", HOST), ("accept", "text/html")]
    body = b""
    if rng.random() < 0.04:
        method = rng.choice(["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"])
    if method not in ("GET", "HEAD"):
        headers += [("origin", ORIGIN), ("content-type", "application/x-www-form-urlencoded")]
        body = urlencode([*fields, ("send", _value(pages, rng))], errors="replace").encode()
        if rng.random() < 0.1:
            body = rng.choice([b"\xff\xfe", b"send=" + b"x" * 70_000, b"&" * 2000, b"{}"])
        if rng.random() < 0.3:
            origin = rng.choice(ORIGINS)
            headers = [one for one in headers if one[0] != "origin"]
            headers += [] if origin is None else [("origin", origin)]
    if rng.random() < 0.06:
        headers[0] = ("host", rng.choice(HOSTS))
    return PageRequest(method, f"{path}?{query}" if query else path, tuple(headers), body)


def _step(pages: Pages, rng: Random, step: str) -> str:
    """A part of a path: most parameters are names that exist."""
    if not step.startswith("{"):
        return step
    known = pages.names[step[1:-1]]
    value = rng.choice(known) if rng.random() < 0.85 else rng.choice(_odd())
    return quote(value[:2000], safe="", errors="replace")


def _value(pages: Pages, rng: Random) -> str:
    known = ["ann", "alien", "paged", "asked", "plain", "space", "1990", "view", "20", "3h", "0.5", "tv"]
    return rng.choice([rng.choice(known), rng.choice(_odd()), rng.choice(pages.names["group"])])[:5000]


def _odd() -> list[str]:
    return [*MARKUP, *texts.TEXTS, "9" * 4500, "-1", "٣", "1e9", "2" * 20]
