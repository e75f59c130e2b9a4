"""Metrics as bars, and lists beside histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from cli.connection import Connection
from cli.output import Output, printable
from cli.training import Trained

METRICS = {
    "NDCG@10": "normalized_discounted_cumulative_gain_at_10",
    "NDCG@25": "normalized_discounted_cumulative_gain_at_25",
    "MRR@25": "mean_reciprocal_rank_at_25",
    "precision@10": "precision_at_10",
    "coverage": "coverage",
}
BAR = 22
_BLOCKS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True)
class Names:
    """Names of items, for people."""

    of_items: Mapping[str, str]

    def of(self, item: str) -> str:
        """The name of an item, with its ID if it has a name."""
        name = self.of_items.get(item)
        return f"{name}  [{item}]" if name and name != item else item


def bar(value: float, largest: float, width: int = BAR) -> str:
    """A bar of blocks; an eighth of a block is the smallest step."""
    eighths = round(8 * width * value / largest) if largest else 0
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_BLOCKS[rest] if rest else "")


def show_metrics(output: Output, popular: Trained, model: Trained) -> None:
    """Show the metrics of a model beside those of popularity."""
    output.heading("On events that the models have not seen")
    rows: list[list[Any]] = []
    for label, key in METRICS.items():
        ours, base = model.metrics.get(key), popular.metrics.get(key)
        if ours is None or base is None:
            continue
        largest = max(ours, base)
        times = f"× {ours / base:.1f}" if base else ""
        rows.append([label, Text(bar(ours, largest), "green"), f"{ours:.3f}", "for each user", times])
        rows.append(["", Text(bar(base, largest), "dim"), f"{base:.3f}", "popularity", ""])
    output.table(["", "", "", "", ""], rows, right=[2], indent=2)


def show_list(output: Output, title: str, items: Sequence[str], names: Names, *, columns: int = 1) -> None:
    """Show items under a title."""
    output.line(f"  {title}", "bold")
    for place, item in enumerate(items, 1):
        output.line(f"    {place:>2}  {names.of(item)}")


def show_users(
    output: Output,
    lists: Mapping[str, Sequence[str]],
    histories: Mapping[str, Sequence[str]],
    popular: Sequence[str],
    names: Names,
) -> None:
    """Show what users did, and what they are recommended. Items of the popular list are marked."""
    output.heading("Lists for users")
    for user, items in lists.items():
        output.line()
        output.table(
            [f"{printable(user)}: the last", "recommended"],
            [
                [
                    _cut(names.of(one)) if one else "",
                    Text(_cut(names.of(two)), "" if two not in popular else "dim"),
                ]
                for one, two in _pairs(list(reversed(histories.get(user, []))), items)
            ],
            indent=2,
        )
    if any(set(items) & set(popular) for items in lists.values()):
        output.line("  What most users like is gray.", "dim")


def _pairs(left: Sequence[str], right: Sequence[str]) -> list[tuple[str, str]]:
    longest = max(len(left), len(right))
    return [
        (left[place] if place < len(left) else "", right[place] if place < len(right) else "")
        for place in range(longest)
    ]


def _cut(text: str, width: int = 48) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def recommended(
    connection: Connection, campaign: str, *, user: str = "", item: str = "", count: int = 8
) -> list[str]:
    """The items of a list."""
    request: dict[str, Any] = {"campaignArn": campaign, "numResults": count}
    request |= {"userId": user} if user else {}
    request |= {"itemId": item} if item else {}
    answer = connection.client("personalize-runtime").get_recommendations(**request)
    return [one["itemId"] for one in answer["itemList"]]
