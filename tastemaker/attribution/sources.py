"""What brought an event about.

What the event itself says counts first (eventAttributionSource), then the campaign or recommender whose
answer it names by recommendationId. An event that says neither, or names an answer that nothing here gave,
still counts: its source has a name of the service's for that.
"""

from __future__ import annotations

from collections.abc import Iterable

from tastemaker.contracts import recommendation_ids

UNDEFINED = "SOURCE_NAME_UNDEFINED"
MOST = 100
"""Sources that events may name, as in the service. Each is a metric of its own in CloudWatch, which is paid
for: an application that names a new one with every event must not become dear."""


def capitals(name: str) -> str:
    """A name of a metric, a type of event or a source as the service writes it in figures: countViews is
    COUNTVIEWS there, mail is MAIL. ARNs stay as they are.
    """
    return name if name.startswith("arn:") else name.upper()


class Sources:
    """`arns` are the group's campaigns and recommenders; `named` are the sources that events have named so
    far: the first hundred keep their names, all later ones are undefined.
    """

    def __init__(self, arns: Iterable[str], named: Iterable[str] = ()) -> None:
        self.named = dict.fromkeys(named)
        self._answering = {recommendation_ids.prefix_of(arn): arn for arn in arns}

    def of(self, said: str | None, recommendation_id: str | None) -> str:
        """The source of an event."""
        if not said:
            begins = (recommendation_id or "")[: recommendation_ids.LENGTH]
            return self._answering.get(begins, UNDEFINED)
        if said not in self.named:
            if len(self.named) >= MOST:
                return UNDEFINED
            self.named[said] = None
        return said
