"""Write the search index of the items beside the model."""

from __future__ import annotations

from pathlib import Path

from tastemaker.contracts.lake_layout import SEARCH_FOLDER
from tastemaker.search.index.segment import Segment
from training.data.prepared import Prepared
from training.progress import Clock, duration, log


def write(prepared: Prepared, folder: Path) -> None:
    """Index the texts and categories of all items, in the order of the bundle in `folder`."""
    clock = Clock()
    segment = Segment.build(prepared.item_columns)
    segment.save(folder / SEARCH_FOLDER)
    log(
        f"search index of {segment.rows:,} items with {len(segment.vocabulary):,} words in "
        f"{duration(clock.seconds())}"
    )
