"""Metrics: an event type, and a function over the events of this type.

SAMPLECOUNT() counts the events. SUM(Interactions.COLUMN) adds up a column of the events, and
SUM(Items.COLUMN) a column of their items.
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
    """One metric. `function` is SAMPLECOUNT or SUM; a SUM adds up the `column` of `dataset`."""

    name: str
    event_type: str
    function: str
    dataset: str = ""
    column: str = ""

    @classmethod
    def parse(cls, attribute: Mapping[str, str]) -> Metric:
        """The metric of a MetricAttribute: metricName, eventType, expression. Raises InvalidInput."""
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
