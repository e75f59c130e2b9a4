"""Requests of other sites are refused before any view runs."""

import pytest
from starlette.datastructures import Headers

from console.guard import HEADERS, Guard

HOST = "127.0.0.1:8766"


async def unreachable(*args: object) -> None:
    raise AssertionError("the application must not be called")


GUARD = Guard(unreachable)


def refusal(method: str = "GET", **headers: str) -> str | None:
    return GUARD.refusal(method, Headers({"host": HOST} | headers))


@pytest.mark.parametrize(
    "host", ["attacker.example", "attacker.example:8766", "127.0.0.1.attacker.example", ""]
)
def test_name_that_an_attacker_points_to_this_machine_is_refused(host: str) -> None:
    assert "does not answer for the host" in str(refusal(host=host))


@pytest.mark.parametrize("host", [HOST, "localhost:1", "[::1]:8766"])
def test_this_machine_may_read_pages(host: str) -> None:
    assert refusal(host=host) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://attacker.example"},
        {"origin": f"https://{HOST}"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": f"http://{HOST}.attacker.example"},
    ],
)
def test_form_of_another_origin_is_refused(headers: dict[str, str]) -> None:
    assert "forms of its own pages only" in str(refusal("POST", **headers))


def test_form_of_its_own_page_is_accepted() -> None:
    assert refusal("POST", origin=f"http://{HOST}") is None


def test_server_in_front_may_check_the_host() -> None:
    guard = Guard(unreachable, hosts=None)
    headers = Headers({"host": "host.docker.internal:4566"})
    assert guard.refusal("GET", headers) is None and guard.refusal("POST", headers) is not None


def test_policy_permits_no_inline_script_and_no_frame() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy and "form-action 'self'" in policy
