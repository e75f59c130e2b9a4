"""Lines of batch inference jobs of the mode THEME_GENERATION.

    {"itemId": "i"}  →  {"recommendedItems": […], "theme": "…", "itemsThemeRelevanceScores": […]}

The items are those of a job without themes. Those that fit the theme best come first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.batch import lines
from tastemaker.batch.inference import InferenceJob
from tastemaker.batch.lines import BadLine
from tastemaker.columns import Columns
from tastemaker.contracts.plans import ThemePlan
from tastemaker.generation import relevance, themes
from tastemaker.generation.item_facts import FactColumns, ItemFacts, is_attribute
from tastemaker.generation.safe_text import safe_facts
from tastemaker.generation.terms import Background
from tastemaker.generation.writer import Writer
from tastemaker.ids import open_array
from tastemaker.models import Bundle

MAX_LINES = 100
"""The lines of a job with themes, as in the service."""
MAX_BACKGROUND_ITEMS = 20_000
"""The items that say which words are common in a catalog, evenly spread over it."""
TEXT_VECTORS = "text_vectors.npy"
"""The vectors of the items' texts in the folder of the model. Bundles of older trainings do not have them."""


@dataclass
class ThemeJob:
    """What all lines of a job with themes share."""

    job: InferenceJob
    plan: ThemePlan
    writer: Writer

    def answer(self, question: lines.Question) -> Mapping[str, Any]:
        """Return the `output` of a line. Raises TastemakerError if the line cannot be answered."""
        items = self.job.answer(question)["recommendedItems"]
        if not items:
            raise BadLine("There are no items to write a theme for: the filter may allow none.")
        rows = self._bundle.items.indexes(items)
        facts = [self._facts(int(row), item) for row, item in zip(rows, items, strict=True)]
        phrase = themes.draft(facts, self._background)
        written = self.writer.write(
            themes.prompt(facts, phrase), lambda text: themes.problems(text, facts), clean=themes.clean
        )
        scores = self._scores(written.text, rows, facts)
        order = sorted(range(len(items)), key=lambda place: -scores[place])
        return {
            "recommendedItems": [items[place] for place in order],
            "theme": written.text,
            "itemsThemeRelevanceScores": [scores[place] for place in order],
        }

    @property
    def _bundle(self) -> Bundle:
        return self.job.runtime.bundles.get(self.job.endpoint.bundle_uri).bundle

    @cached_property
    def _columns(self) -> tuple[Columns, FactColumns]:
        """The columns that say something about items, and which of them are the name and the text."""
        columns = self._bundle.item_columns
        texts = [name for name in self.plan["texts"] if columns.find(name) is not None]
        name = self.plan["itemName"]
        special = {name, *texts}
        kept = {one: column for one, column in columns.items() if one in special or is_attribute(one, column)}
        chosen = FactColumns(name if columns.find(name) is not None else None, texts[0] if texts else None)
        return Columns(kept, rows=columns.rows), chosen

    def _facts(self, row: int, item_id: str) -> ItemFacts:
        columns, chosen = self._columns
        return safe_facts(chosen.read(columns, row, item_id))

    @cached_property
    def _sample(self) -> NDArray[np.int64]:
        size = len(self._bundle.items)
        step = max(1, -(-size // MAX_BACKGROUND_ITEMS))
        return np.arange(0, size, step)

    @cached_property
    def _background(self) -> Background:
        return Background([self._facts(row, "").words for row in self._sample.tolist()])

    @cached_property
    def _vectors(self) -> NDArray[np.floating] | None:
        """The vectors of all items' texts; None if the bundle has none."""
        path = self._bundle.path / "model" / TEXT_VECTORS
        return open_array(path) if path.exists() else None

    @cached_property
    def _sample_vectors(self) -> NDArray[np.float32]:
        if self._vectors is not None:
            return np.asarray(self._vectors[self._sample], np.float32)
        texts = [self._facts(row, "").words for row in self._sample.tolist()]
        return relevance.hashed_vectors(texts, self._background)

    def _scores(self, theme: str, rows: NDArray[np.int32], facts: list[ItemFacts]) -> list[float]:
        if self._vectors is not None:
            group = np.asarray(self._vectors[rows], np.float32)
        else:
            group = relevance.hashed_vectors([one.words for one in facts], self._background)
        vector = relevance.theme_vector(theme, self._background, self._sample_vectors, group)
        return relevance.scores(vector, group)
