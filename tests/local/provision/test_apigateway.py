"""Routes of the HTTP API."""

from __future__ import annotations

from tests.local import tiny


def test_route_whose_function_does_not_allow_api_gateway_is_refused(refused):
    names = ("Api", "EchoIntegration", "RootRoute")
    more = {name: tiny.resources()[name] for name in names}
    assert "lets API Gateway call it" in refused(Echo=tiny.function("closed", "FnRole"), **more)
