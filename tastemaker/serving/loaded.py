"""A model bundle that is open in this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tastemaker import models
from tastemaker.masks import MaskCache
from tastemaker.models import Bundle, Model


@dataclass(frozen=True)
class LoadedBundle:
    """An open bundle, its model, and the filter masks that were computed for it."""

    bundle: Bundle
    model: Model
    masks: MaskCache

    @classmethod
    def open(cls, folder: Path) -> LoadedBundle:
        """Open the bundle in a folder and load its model."""
        bundle = Bundle.open(folder)
        return cls(bundle, models.load(bundle), MaskCache())
