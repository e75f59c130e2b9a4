"""Routes of the HTTP API."""

from __future__ import annotations

from tests.local import tiny


def test_a_route_whose_function_does_not_let_api_gateway_call_it(refused):
    names = ("Api", "EchoIntegration", "RootRoute")
    more = {name: tiny.resources()[name] for name in names}
    assert "lets API Gateway call it" in refused(Echo=tiny.function("closed", "FnRole"), **more)
