"""Metrics: one type of event, and a function over its events.

SAMPLECOUNT() counts the events, SUM(Interactions.COLUMN) adds up a column of theirs, SUM(Items.COLUMN) one of
the items that they are about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tastemaker.errors import InvalidInput

SAMPLECOUNT, SUM = "samplecount", "sum"
INTERACTIONS, ITEMS = "INTERACTIONS", "ITEMS"
_EXPRESSION = re.compile(r"SAMPLECOUNT\(\)|SUM\((Items|Interactions)\.(\w+)\)", re.IGNORECASE)
_NAME = re.compile(r"[!-~]([ -~]*[!-~])?")


@dataclass(frozen=True)
class Metric:
    """`function` is SAMPLECOUNT or SUM; `dataset` and `column` are what a SUM adds up, else empty."""

    name: str
    event_type: str
    function: str
    dataset: str = ""
    column: str = ""

    @classmethod
    def parse(cls, attribute: Mapping[str, str]) -> Metric:
        """A MetricAttribute of the service model: metricName, eventType, expression. Raises InvalidInput."""
        name, expression = attribute["metricName"], attribute["expression"]
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"metricName is {name!r}; CloudWatch takes ASCII characters only, without spaces around them."
            )
        found = _EXPRESSION.fullmatch(expression)
        if found is None:
            raise InvalidInput(
                f"expression is {expression!r}; it must be SAMPLECOUNT(), SUM(Items.COLUMN) or "
                "SUM(Interactions.COLUMN)."
            )
        if found[1] is None:
            return cls(name, attribute["eventType"], SAMPLECOUNT)
        return cls(name, attribute["eventType"], SUM, found[1].upper(), found[2])
