"""What must hold for every request."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from botocore.parsers import create_parser

from local.http.messages import Response
from tests.contract.violations import missing_members
from tests.fuzz.shop import Shop
from tests.fuzz.wire import Call

MAX_CPU_SECONDS = 20.0
"""Processor time of one request that counts as a hang, on any machine."""
PROTOCOLS = {
    "personalize": "json",
    "tastemaker": "json",
    "personalize-runtime": "rest-json",
    "personalize-events": "rest-json",
}
_ERROR_CODE = re.compile(r"[A-Za-z]+")
_HEADER = re.compile(r"[\x20-\x7e]*")


class HangError(BaseException):
    """A request took more than `MAX_CPU_SECONDS`."""


@dataclass(frozen=True)
class Answer:
    """A response and what is wrong with it, or None. `accepted` tells whether the request was carried out."""

    status: int
    problem: str | None

    @property
    def accepted(self) -> bool:
        return self.status < 300


def check(shop: Shop, call: Call) -> Answer:
    """Send a request and look for every violation."""
    before = shop.stored
    shop.rejected.clear()
    try:
        with limited():
            response = shop.send(call.request)
    except HangError:
        return Answer(0, f"no answer after {MAX_CPU_SECONDS} seconds of processor time")
    except Exception as error:
        return Answer(0, f"the function raised {error!r}")
    problem = _problem(shop, call, response)
    if problem is None and response.status >= 300 and shop.stored != before:
        problem = f"a refused request ({response.status}) wrote something"
    if problem is None and shop.rejected:
        problem = f"an accepted event cannot be stored: {shop.rejected[0]}"
    return Answer(response.status, problem)


@contextmanager
def limited(seconds: float = MAX_CPU_SECONDS) -> Iterator[None]:
    """Raise HangError in the main thread when this process has computed for so long."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise HangError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _problem(shop: Shop, call: Call, response: Response) -> str | None:
    if response.status >= 500:
        return f"status {response.status}: {response.body[:300]!r}"
    for name, value in response.headers:
        if not _HEADER.fullmatch(value):
            return f"the header {name} is {value!r}"
    return _problem_of_body(shop, call, response)


def _problem_of_body(shop: Shop, call: Call, response: Response) -> str | None:
    """What botocore's parser does not understand."""
    model = shop.models[call.service].operation(call.operation)
    answer = {
        "status_code": response.status,
        "headers": {name.lower(): value for name, value in response.headers},
        "body": response.body,
    }
    accepted = response.status < 300
    same = response.header("x-amzn-requestid") is not None and _names_operation(call)
    shape = model.output_shape if accepted and same else None
    try:
        parsed = create_parser(PROTOCOLS[call.service]).parse(answer, shape)
    except Exception as error:
        return f"botocore cannot parse {response.body[:300]!r}: {error!r}"
    if accepted and shape is not None:
        missing = list(missing_members(parsed, shape))
        return f"the answer lacks {missing}" if missing else None
    if not accepted:
        error = parsed.get("Error", {})
        gateway = response.header("x-amzn-requestid") is None
        if not error.get("Message") or not (gateway or _ERROR_CODE.fullmatch(error.get("Code", ""))):
            return f"the error is {error!r}, of {response.body[:300]!r}"
        json.loads(response.body)
    return None


def _names_operation(call: Call) -> bool:
    """Whether the request is for the operation that it was made from: a changed target is for another one."""
    fields = {name.lower(): value for name, value in call.headers}
    target = fields.get("x-amz-target", "")
    return call.service not in ("personalize", "tastemaker") or target.endswith(f".{call.operation}")
