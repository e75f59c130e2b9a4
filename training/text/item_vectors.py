"""The items' names and texts as vectors."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.search.vectors.lsa import LsaEncoder
from training.config import Config
from training.data.prepared import Prepared
from training.progress import StopSignal, log
from training.text import bedrock, sentence_model
from training.text.encoders import Lsa, TextEncoder
from training.text.text_cache import TextCache

MODEL, REGION = "TEXT_MODEL", "TEXT_MODEL_REGION"
"""Environment variables of the training job.

They hold the stage's settings `training.textModel` and `training.textModelRegion`.
"""


def encoder(seed: int, checkpoints: Path | None, stop: StopSignal) -> TextEncoder:
    """Bedrock's model if the stage names one, or the sentence model if it is installed, or LSA.

    Raises TextModelError.
    """
    hosted = os.environ.get(MODEL)
    if hosted:
        return TextCache(bedrock.connected(hosted, os.environ.get(REGION) or None), checkpoints, stop)
    if sentence_model.installed():
        return TextCache(sentence_model.SentenceModel(), checkpoints, stop)
    return Lsa(seed=seed)


YEAR = re.compile(r"\s*\((?:1[89]|20)\d\d\)\s*$")
"""The year of publication at the end of a name. It would make all items of one year alike."""


class ItemTexts:
    """The vectors of a job's items, made once even if the recipe is fitted several times."""

    def __init__(
        self, config: Config, checkpoints: Path | None, stop: StopSignal, chosen: TextEncoder | None = None
    ) -> None:
        source = config.datasets.get("ITEMS")
        excluded = config.excluded.get("ITEMS", frozenset())
        marked = (source.name_column, source.text_column) if source else (None, None)
        self.name, self.text = (None if column in excluded else column for column in marked)
        self._encoder: Callable[[], TextEncoder] = lambda: chosen or encoder(config.seed, checkpoints, stop)
        self._made: NDArray[np.float32] | None = None
        self.metadata: dict[str, str | int] = {}
        self.for_queries: LsaEncoder | None = None
        """After `vectors`: what encodes queries in the same way, unless that is a model of its own."""

    def __bool__(self) -> bool:
        """Whether the schema marks a name or a text."""
        return self.name is not None or self.text is not None

    def vectors(self, prepared: Prepared) -> NDArray[np.float32]:
        """The vectors of the items: float32[items, width], rows of length 1, 0 for an item without text.

        `metadata` then says for the bundle what made them. Raises TextModelError.
        """
        if self._made is None:
            chosen = self._encoder()
            self._made = chosen.encode(self._texts(prepared, chosen.name_times))
            self.for_queries = chosen.for_queries if isinstance(chosen, Lsa) else None
            width, blank = self._made.shape[1], int(np.count_nonzero(~self._made.any(1)))
            self.metadata = {"encoder": chosen.name, "width": width}
            log(f"texts of {len(self._made):,} items by {chosen.name}, {width} dimensions, {blank:,} blank")
        return self._made

    def _texts(self, prepared: Prepared, name_times: int) -> list[str]:
        columns = [
            (prepared.item_columns[name], times)
            for name, times in ((self.name, name_times), (self.text, 1))
            if name is not None and name in prepared.item_columns
        ]
        return [
            "\n".join(
                YEAR.sub("", str(column.value(row) or "")) for column, times in columns for _ in range(times)
            ).strip()
            for row in range(len(prepared.items))
        ]
