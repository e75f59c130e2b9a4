"""The figures of `benchmarks.quality.models` as lines and as tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

REPORTED = {
    "coverage": 0.0791,
    "mean_reciprocal_rank_at_25": 0.269,
    "normalized_discounted_cumulative_gain_at_5": 0.2279,
    "normalized_discounted_cumulative_gain_at_10": 0.2687,
    "normalized_discounted_cumulative_gain_at_25": 0.3321,
    "precision_at_5": 0.0750,
    "precision_at_10": 0.0571,
    "precision_at_25": 0.0379,
}
"""What Amazon Personalize returned for aws-user-personalization on the movies (AWS workshop, 2020)."""

Row = Mapping[str, Any]
FIGURES = ("ndcg", "recall", "hit_rate", "coverage")


def line(row: Row) -> str:
    """One figure as it comes."""
    head = f"{row['data']:16} {row['protocol']:13} seed {row['seed']}  {row['model']:22} {row['setting']:14}"
    if "metrics" in row:
        return head + " ".join(f"{name}={value:.4f}" for name, value in row["metrics"].items())
    return head + " ".join(f"{name} {row[name]:.4f}" for name in FIGURES) + f"  {row['cpu']:.0f} CPU s"


def markdown(rows: Iterable[Row]) -> str:
    """A table for each data set and protocol: means over the seeds, and for a peer its best setting."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["data"], row["protocol"]].append(row)
    return "\n".join(
        _service(data, rows) if protocol == "service" else _table(data, protocol, rows)
        for (data, protocol), rows in groups.items()
    )


def _table(data: str, protocol: str, rows: list[Row]) -> str:
    by_model: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        setting = "" if row["model"].startswith("part ") else row["setting"]
        by_model[row["model"]][setting].append(row)
    means = []
    for model, settings in by_model.items():
        best = max(settings, key=lambda setting: _mean(settings[setting], "ndcg"))
        found = settings[best]
        figures = [_mean(found, name) for name in (*FIGURES, "cpu")]
        means.append((f"{model}, {best}" if best else model, len(found), figures))
    means.sort(key=lambda row: -row[2][0])
    lines = [
        f"### {data}, {protocol}\n",
        "| | NDCG@10 | recall@10 | hit rate@10 | coverage@10 | CPU s | seeds |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, seeds, (ndcg, recall, hits, coverage, cpu) in means:
        spent = f"{cpu:.0f}" if cpu else ""
        cells = f"{ndcg:.4f} | {recall:.4f} | {hits:.4f} | {coverage:.3f} | {spent} | {seeds}"
        lines.append(f"| {'**ours**' if name == 'ours' else name} | {cells} |")
    return "\n".join(lines) + "\n"


def _service(data: str, rows: list[Row]) -> str:
    lines = [
        f"### {data}, the metrics of the solution version\n",
        "| | ours | least · most seed | popularity | Amazon Personalize | ratio |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, reported in REPORTED.items():
        ours = [row["metrics"][name] for row in rows]
        mean, popular = float(np.mean(ours)), float(np.mean([row["popularity"][name] for row in rows]))
        spread = f"{min(ours):.4f} · {max(ours):.4f}"
        ratio = f"{mean / reported:.2f}"
        lines.append(f"| {name} | {mean:.4f} | {spread} | {popular:.4f} | {reported:.4f} | {ratio} |")
    cpu = float(np.mean([row["cpu"] for row in rows]))
    return "\n".join(lines) + f"\n\nA whole job took {cpu:.0f} CPU seconds; {len(rows)} seeds.\n"


def _mean(rows: list[Row], name: str) -> float:
    return float(np.mean([row[name] for row in rows]))
