"""Which requests are for pages, and the bridge to the web application."""

import asyncio
from typing import Any

import pytest

from local.http.console import ConsolePages, _answer
from local.http.messages import Headers, Request

HTML = {"accept": "text/html,application/xhtml+xml"}
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/s3/aws4_request, Signature=x"}


def serves(method: str, target: str, headers: dict[str, str]) -> bool:
    return ConsolePages.serves(Request(method, target, Headers(headers)))


def test_browser_gets_pages_and_programs_get_s3() -> None:
    assert serves("GET", "/", HTML)
    assert not serves("GET", "/", {}) and not serves("GET", "/", {"accept": "*/*"})
    assert not serves("GET", "/", HTML | SIGNED)
    assert not serves("POST", "/", HTML)
    assert not serves("GET", "/?Action=ListUsers", HTML)


def test_website_of_a_bucket_stays_a_website() -> None:
    assert not serves("GET", "/console/index.html", HTML)
    assert serves("GET", "/_console/static/console.css", {})
    assert serves("POST", "/_console/groups/films/ask", {})


@pytest.mark.parametrize("status", [200, 403])
def test_application_gets_the_request_and_its_answer_goes_back(status: int) -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope, body=(await receive())["body"])
        await send({"type": "http.response.start", "status": status, "headers": [(b"x-a", b"\xe9")]})
        await send({"type": "http.response.body", "body": b"on", "more_body": True})
        await send({"type": "http.response.body", "body": b"e"})

    request = Request("POST", "/_console/a%20b?x=1", Headers({"host": "h"}), b"body")
    response = asyncio.run(_answer(app, request))
    assert (response.status, response.body, response.headers) == (status, b"one", [("x-a", "é")])
    assert (seen["path"], seen["query_string"], seen["body"]) == ("/_console/a b", b"x=1", b"body")
    assert seen["headers"] == [(b"host", b"h")]


def test_page_about_an_error_is_answered_and_an_error_without_one_is_raised() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/page":
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"sorry"})
        raise RuntimeError("broken")

    assert asyncio.run(_answer(app, Request("GET", "/page", Headers()))).body == b"sorry"
    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(_answer(app, Request("GET", "/", Headers())))
