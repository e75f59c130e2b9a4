"""Metric attributions: figures about events, by the recommendations that led to them.

`metrics.py` parses the expression of a metric. `sources.py` finds the campaign, recommender or named source
that an event is attributed to. `tally.py` counts events by metric, source and quarter of an hour. `report.py`
writes figures as the CSV report.
"""

from tastemaker.attribution.metrics import Metric
from tastemaker.attribution.sources import Sources
from tastemaker.attribution.tally import Event, Figure, Tally

__all__ = ["Event", "Figure", "Metric", "Sources", "Tally"]
