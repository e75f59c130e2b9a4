"""Where events go that cannot be stored: a folder of the lake, one object for each, with the reason."""

from __future__ import annotations

import base64
import json
import time
from typing import Protocol

from lambdas.support.observability import logger
from tastemaker.contracts.lake_layout import rejected_event


class Aside(Protocol):
    """The part of a lake that writes."""

    def write(self, key: str, text: str) -> None:
        """Store a text."""


class RejectedEvents:
    """Puts rejected events aside, so that they never hold up the events behind them."""

    def __init__(self, aside: Aside) -> None:
        self._aside = aside

    def put(self, name: str, arrived: float, data: bytes, reason: str, **members: str) -> None:
        """Store the bytes of an event and the reason, below the day on which it arrived (Unix seconds).

        An event with the same name replaces it. Raises what the lake raises.
        """
        key = rejected_event(time.strftime("%Y/%m/%d", time.gmtime(arrived)), name)
        logger.error("an event cannot be stored", extra={"reason": reason, "putAside": key})
        content = {**members, "reason": reason, "data": base64.b64encode(data).decode()}
        self._aside.write(key, json.dumps(content))
