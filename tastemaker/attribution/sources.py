"""The source that an event is attributed to.

If the event names a source (eventAttributionSource), that is it. Otherwise it is the campaign or recommender
that created the event's recommendationId. Events without either have the source SOURCE_NAME_UNDEFINED, as in
the service.
"""

from __future__ import annotations

from collections.abc import Iterable

from tastemaker.contracts import recommendation_ids

UNDEFINED = "SOURCE_NAME_UNDEFINED"
MAX_NAMED_SOURCES = 100
"""Sources that events may name, as in the service.

Each is a metric in CloudWatch, which costs money: the limit protects against applications that name a new
source with every event.
"""


def upper_case(name: str) -> str:
    """The name of a metric, an event type or a source in figures: upper case, except for ARNs."""
    return name if name.startswith("arn:") else name.upper()


class Sources:
    """The sources of a dataset group.

    `arns` are its campaigns and recommenders. `named` are the sources that events have named so far. The
    first `MAX_NAMED_SOURCES` keep their names; later ones are undefined.
    """

    def __init__(self, arns: Iterable[str], named: Iterable[str] = ()) -> None:
        self.named = dict.fromkeys(named)
        self._answering = {recommendation_ids.prefix_of(arn): arn for arn in arns}

    def of(self, named: str | None, recommendation_id: str | None) -> str:
        """The source of an event that names a source and an id, if it has them."""
        if not named:
            begins = (recommendation_id or "")[: recommendation_ids.LENGTH]
            return self._answering.get(begins, UNDEFINED)
        if named not in self.named:
            if len(self.named) >= MAX_NAMED_SOURCES:
                return UNDEFINED
            self.named[named] = None
        return named
