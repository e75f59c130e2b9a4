"""Answers to browsers, as API Gateway gives them."""

from local.http.cors import Cors, is_preflight
from local.http.messages import Headers, Request, Response

CORS = Cors.of({"AllowMethods": ["POST"], "AllowHeaders": ["a", "b"], "ExposeHeaders": ["x"], "MaxAge": 60})


def test_preflight_is_answered_with_what_the_api_allows() -> None:
    answer = CORS.preflight()
    assert (answer.status, answer.header("access-control-allow-headers")) == (204, "a,b")
    assert answer.header("access-control-max-age") == "60"


def test_only_answers_to_pages_are_marked() -> None:
    page = Request("POST", "/", Headers(origin="https://shop.example"))
    assert CORS.mark(page, Response(200)).header("access-control-expose-headers") == "x"
    assert CORS.mark(Request("POST", "/", Headers()), Response(200)).headers == []


def test_preflight_is_told_from_another_options_request() -> None:
    assert is_preflight(Request("OPTIONS", "/", Headers({"access-control-request-method": "POST"})))
    assert not is_preflight(Request("OPTIONS", "/", Headers()))
