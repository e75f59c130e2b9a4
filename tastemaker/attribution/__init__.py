"""What recommendations brought about: metrics over events, by what the events came from.

metrics.py   a metric as it is written → what it counts
sources.py   what brought an event about: a campaign, a recommender, or who the event says
tally.py     events → figures, by metric, source and quarter of an hour
report.py    figures → the CSV report
"""

from tastemaker.attribution.metrics import Metric
from tastemaker.attribution.sources import Sources
from tastemaker.attribution.tally import Event, Figure, Tally

__all__ = ["Event", "Figure", "Metric", "Sources", "Tally"]
