"""What a conversion kept and dropped, and what the data support."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.contracts.limits import MIN_ACTIVE_USERS, MIN_INTERACTIONS

MIN_TREND_DAYS = 2
MAX_EXAMPLES = 3


@dataclass
class Dropped:
    """Rows that are not imported for one reason, with the places of the first."""

    reason: str
    rows: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class Report:
    """The counts of a conversion."""

    rows: int = 0
    kept: int = 0
    dropped: dict[str, Dropped] = field(default_factory=dict)
    users: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None
    has_times: bool = True
    warnings: list[str] = field(default_factory=list)
    item_rows: int = 0
    user_rows: int = 0

    def drop(self, reason: str, rows: int, examples: Sequence[str]) -> None:
        """Count rows that are not imported."""
        found = self.dropped.setdefault(reason, Dropped(reason))
        found.rows += rows
        found.examples += list(examples)[: MAX_EXAMPLES - len(found.examples)]

    @property
    def active_users(self) -> int:
        """Users with two interactions or more."""
        return sum(count > 1 for count in self.users.values())

    @property
    def days(self) -> float:
        """The days between the first and the last interaction."""
        if self.first is None or self.last is None or not self.has_times:
            return 0.0
        return (self.last - self.first) / DAY_SECONDS

    @property
    def lacks(self) -> Sequence[str]:
        """What the data lack for any training."""
        found = []
        if self.kept < MIN_INTERACTIONS:
            found.append(f"{MIN_INTERACTIONS:,} interactions are needed, and there are {self.kept:,}")
        if self.active_users < MIN_ACTIVE_USERS:
            found.append(
                f"{MIN_ACTIVE_USERS} users with two interactions or more are needed, and there are "
                f"{self.active_users:,}"
            )
        return found


@dataclass(frozen=True)
class Supported:
    """A recipe that the data support, or why they do not. `on_request`: it is trained only if it is named."""

    recipe: str
    title: str
    reason: str = ""
    on_request: bool = False


RECIPES: Mapping[str, str] = {
    "aws-popularity-count": "popularity, to compare with",
    "aws-similar-items": "similar items",
    "aws-user-personalization-v2": "recommendations for users",
    "aws-personalized-ranking-v2": "rankings for users, and personalized search",
    "aws-trending-now": "items that are getting popular",
}
"""The recipes that are tried, in the order in which they are trained."""
ON_REQUEST = frozenset({"aws-personalized-ranking-v2"})
"""Its training takes as long as that of recommendations for users, and learns from the same data."""


def supported(report: Report) -> list[Supported]:
    """The recipes with the reason why one cannot be trained; an empty reason if it can."""
    reason = "; ".join(report.lacks)
    found = []
    for recipe, title in RECIPES.items():
        why = reason
        if not why and recipe == "aws-trending-now":
            if not report.has_times:
                why = "the data have no times"
            elif report.days < MIN_TREND_DAYS:
                why = f"the data span {report.days:.1f} days, and trends need {MIN_TREND_DAYS}"
        if not why and len(report.items) < 2:
            why = "there is one item only"
        found.append(Supported(recipe, title, why, recipe in ON_REQUEST))
    return found
