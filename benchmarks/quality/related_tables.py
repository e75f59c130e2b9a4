"""The figures of `benchmarks.quality.related` as lines and as tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

Row = Mapping[str, Any]
KEY_MEMBERS = ("data", "question", "seed", "model", "cpu")
SORTED_BY = {"alike": "likeness", "cold": "from ndcg@10", "segments": "recall_at_1_percent"}
SHORT = {
    "mean_reciprocal_rank_at_25": "MRR@25",
    "normalized_discounted_cumulative_gain_at_5": "NDCG@5",
    "normalized_discounted_cumulative_gain_at_10": "NDCG@10",
    "normalized_discounted_cumulative_gain_at_25": "NDCG@25",
    "precision_at_5": "P@5",
    "precision_at_10": "P@10",
    "precision_at_25": "P@25",
    "hits_at_1_percent": "hits",
    "recall_at_1_percent": "recall",
    "ndcg@10": "NDCG@10",
    "from ndcg@10": "from: NDCG@10",
    "from recall@10": "from: recall@10",
    "to ndcg@10": "to: NDCG@10",
    "to recall@10": "to: recall@10",
}
REPORTED = {"coverage": 0.1861, "mean_reciprocal_rank_at_25": 0.1669} | {
    "normalized_discounted_cumulative_gain_at_5": 0.1889,
    "normalized_discounted_cumulative_gain_at_10": 0.2234,
    "normalized_discounted_cumulative_gain_at_25": 0.2895,
    "precision_at_5": 0.0824,
    "precision_at_10": 0.0588,
    "precision_at_25": 0.0418,
}
"""What Amazon Personalize returned for aws-sims on the movies (AWS's workshop of 2020)."""


def line(row: Row) -> str:
    """One answer as it comes."""
    figures = "  ".join(f"{SHORT.get(name, name)} {row[name]:.4f}" for name in _figures(row))
    return (
        f"{row['data']:9}{row['question']:9}{row['seed']}  {row['model']:30}{figures}  {row['cpu']:.1f} CPU s"
    )


def markdown(rows: Iterable[Row]) -> str:
    """A table for each data set and question: means over the seeds, best first."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["question"], row["data"]].append(row)
    return "\n".join(_table(question, data, group) for (question, data), group in sorted(groups.items()))


def _table(question: str, data: str, rows: list[Row]) -> str:
    by_model: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_model[row["model"]].append(row)
    names = _figures(rows[0])
    means = {
        model: [float(np.mean([row[name] for row in found])) for name in (*names, "cpu")]
        for model, found in by_model.items()
    }
    key = names.index(SORTED_BY.get(question, "ndcg@10" if "ndcg@10" in names else names[-1]))
    if "normalized_discounted_cumulative_gain_at_25" in names:
        key = names.index("normalized_discounted_cumulative_gain_at_25")
    seeds = len(next(iter(by_model.values())))
    lines = [
        f"### {question}: {data}, {seeds} seed{'s' * (seeds > 1)}\n",
        "| | " + " | ".join(SHORT.get(name, name) for name in names) + " | CPU s |",
        "| --- |" + " ---: |" * (len(names) + 1),
    ]
    if (question, data) == ("next", "movies"):
        said = " | ".join(f"{REPORTED[name]:.4f}" for name in names)
        lines.append(f"| Amazon Personalize, aws-sims | {said} | |")
    for model, figures in sorted(means.items(), key=lambda one: -one[1][key]):
        shown = f"**{model}**" if model.startswith("ours") else model
        cells = " | ".join(f"{value:.4f}" for value in figures[:-1])
        lines.append(f"| {shown} | {cells} | {figures[-1]:.1f} |")
    return "\n".join(lines) + "\n"


def _figures(row: Row) -> list[str]:
    return [name for name in row if name not in KEY_MEMBERS]
