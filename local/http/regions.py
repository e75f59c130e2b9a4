"""One stack answers for every region.

A stack is in one region, and its ARNs contain it. A program may use another region, from its code or its
environment, and may build ARNs with it. So ARNs of Personalize in requests and answers have the region that
the request is signed for, and the stack sees them in its own region.
"""

from __future__ import annotations

from dataclasses import replace

from local.account import partition_of
from local.http.gateway import Gateway
from local.http.messages import Request, Response


class AnyRegion:
    """The gateway, for requests signed for any region."""

    def __init__(self, gateway: Gateway, *, home: str) -> None:
        """`home` is the region of the stack behind `gateway`."""
        self._gateway = gateway
        self._home = home

    def serves(self, request: Request) -> bool:
        return self._gateway.serves(request)

    def __call__(self, request: Request) -> Response:
        # Go's SDK leaves the region out of its signature if a program names only the endpoint's URL.
        asked = (request.credential[1] if request.credential else "") or self._home
        if asked == self._home:
            return self._gateway(request)
        here, there = _start_of_arns(self._home), _start_of_arns(asked)
        response = self._gateway(replace(request, body=request.body.replace(there, here)))
        return replace(response, body=response.body.replace(here, there))


def _start_of_arns(region: str) -> bytes:
    return f"arn:{partition_of(region)}:personalize:{region}:".encode()
