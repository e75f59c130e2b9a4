"""How often each item was shown, from the impressions of bulk and streamed interactions.

Impressions guide exploration and are never trained on. The user does not matter, so every row counts,
including rows of sessions without a user. If an event only names a recommendation, the refresh of what is
served counts its items, because it knows the recommendations.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tastemaker.ids import Ids
from tastemaker.notation import SEPARATOR
from training.config import Config
from training.data import parquet


def item_shown(config: Config, root: Path, items: Ids) -> NDArray[np.int32]:
    """The number of rows whose impressions contain each item: int32[items]."""
    counts: Counter[str] = Counter()
    for name, prefixes in (
        ("IMPRESSION", config.datasets["INTERACTIONS"].prefixes),
        ("impression", config.events),
    ):
        for path in parquet.files(root, prefixes):
            for table in parquet.read_file(path, {name: pa.string()}, "impressions"):
                for cell in table[name].value_counts().to_pylist():
                    for item in set((cell["values"] or "").split(SEPARATOR)):
                        counts[item] += cell["counts"]
    places = items.indexes(list(counts))
    known = places >= 0
    shown = np.zeros(len(items), np.int32)
    shown[places[known]] = np.fromiter(counts.values(), np.int32, len(counts))[known]
    return shown
