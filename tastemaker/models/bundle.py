"""The model bundle: a folder that training writes once and that serving, batch and evaluation read.

Everything is `bundle.json` and arrays that open by memory map; there are no pickles. The layout:

    bundle.json               what it is: see `Bundle.manifest`
    items.*  users.*          ids, sorted (`tastemaker.ids`)
    item_columns/  user_columns/   attributes, for filters and metadata (`tastemaker.columns`)
    history.offsets|items|timestamps|types.npy   each user's newest events, oldest first
    popularity.npy            float32[items]: how many distinct users touched each item, newer ones counting
    for more item_users.npy            int32[items]: how many distinct users touched it in trained events
    item_created.npy          int64[items]: creation time in seconds model/                    what the
    model's kind needs
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Columns
from tastemaker.errors import TastemakerError
from tastemaker.ids import Ids, open_array, save_array

FORMAT_VERSION = 1
MANIFEST = "bundle.json"
HISTORY_LENGTH = 500
"""How many of a user's newest events a bundle keeps: a hundred of each of five types, for filters, and what
somebody buys in most of a year, for whom the last two hundred would say too little of habits.
"""


class UnknownBundleFormatError(TastemakerError):
    """The bundle was written by a release whose format this one does not read."""


@dataclass(frozen=True)
class History:
    """One user's events, oldest first, all three of one length.

    `items` int32 (positions in `bundle.items`), `timestamps` int64 in seconds, `event_types` int16 (positions
    in `bundle.event_types`, -1 for a type that was not there at training).
    """

    items: NDArray[np.int32]
    timestamps: NDArray[np.int64]
    event_types: NDArray[np.int16]

    @classmethod
    def empty(cls) -> History:
        """The history of somebody unknown."""
        return cls(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int16))

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, where: slice | NDArray) -> History:
        return History(self.items[where], self.timestamps[where], self.event_types[where])


@dataclass(frozen=True)
class Histories:
    """The histories of all users in one row of memory; user `u` has events `offsets[u]` to `offsets[u +
    1]`.
    """

    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    timestamps: NDArray[np.int64]
    event_types: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, user: int) -> History:
        """One user's history by position."""
        at = slice(self.offsets[user], self.offsets[user + 1])
        return History(self.items[at], self.timestamps[at], self.event_types[at])

    def newest(self, most: int) -> Histories:
        """At most the `most` newest events of each user."""
        lengths = np.diff(self.offsets)
        kept = np.minimum(lengths, most)
        place = np.arange(len(self.items)) - np.repeat(self.offsets[:-1], lengths)
        keep = place >= np.repeat(lengths - kept, lengths)
        offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        return Histories(offsets, self.items[keep], self.timestamps[keep], self.event_types[keep])

    def save(self, folder: Path) -> None:
        """Write the four arrays."""
        save_array(folder / "history.offsets.npy", self.offsets)
        save_array(folder / "history.items.npy", self.items)
        save_array(folder / "history.timestamps.npy", self.timestamps)
        save_array(folder / "history.types.npy", self.event_types)

    @classmethod
    def open(cls, folder: Path) -> Histories:
        """Map what `save` wrote."""
        return cls(
            open_array(folder / "history.offsets.npy"),
            open_array(folder / "history.items.npy"),
            open_array(folder / "history.timestamps.npy"),
            open_array(folder / "history.types.npy"),
        )


class Bundle:
    """An open bundle. Parts are mapped when they are first asked for.

    `manifest` holds bundle.json: formatVersion, kind, recipe, solutionVersionArn, parameters, counts,
    metrics, baselines, columns, eventTypes, latestTimestamp, created and `model` (what the kind's loader
    needs to know).
    """

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path, self.manifest = path, manifest

    @classmethod
    def open(cls, path: Path | str) -> Bundle:
        """Open a bundle's folder. Raises UnknownBundleFormatError, FileNotFoundError."""
        path = Path(path)
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        version = manifest.get("formatVersion")
        if version != FORMAT_VERSION:
            raise UnknownBundleFormatError(
                f"the bundle in {path} has format version {version!r}; this release reads {FORMAT_VERSION}. "
                "Train the solution again, or use the release that wrote it."
            )
        return cls(path, manifest)

    @property
    def model_name(self) -> str:
        """The name of the model that answers: a key of `tastemaker.models.MODELS`."""
        return str(self.manifest["kind"])

    @property
    def event_types(self) -> list[str]:
        """Every event type in the data, also those that were not trained on."""
        return self.manifest["eventTypes"]

    @cached_property
    def items(self) -> Ids:
        """Item ids; an item's position is its index everywhere."""
        return Ids.open(self.path, "items")

    @cached_property
    def users(self) -> Ids:
        """User ids."""
        return Ids.open(self.path, "users")

    @cached_property
    def item_columns(self) -> Columns:
        """Items' attributes, one row per item."""
        return Columns.open(self.path / "item_columns")

    @cached_property
    def user_columns(self) -> Columns:
        """Users' attributes, one row per user."""
        return Columns.open(self.path / "user_columns")

    @cached_property
    def histories(self) -> Histories:
        """Every user's newest events, of all types."""
        return Histories.open(self.path)

    @cached_property
    def popularity(self) -> NDArray[np.float32]:
        """float32[items]: distinct users per item, newer ones counting for more."""
        return open_array(self.path / "popularity.npy")

    @cached_property
    def item_users(self) -> NDArray[np.int32]:
        """int32[items]: distinct users per item, in trained events."""
        return open_array(self.path / "item_users.npy")

    @cached_property
    def item_created(self) -> NDArray[np.int64]:
        """int64[items]: creation time in seconds."""
        return open_array(self.path / "item_created.npy")

    @cached_property
    def item_taken(self) -> NDArray[np.int32]:
        """int32[items]: how often each item was taken; as far as training knows, by how many users."""
        path = self.path / "item_taken.npy"
        return open_array(path) if path.exists() else self.item_users

    @cached_property
    def item_shown(self) -> NDArray[np.int32] | None:
        """int32[items]: how often each item was shown; None if the bundle has no `item_shown.npy`."""
        path = self.path / "item_shown.npy"
        return open_array(path) if path.exists() else None

    @cached_property
    def taken_rate(self) -> float | None:
        """How often what is shown is taken, over all items; None if nothing is known of showings."""
        return None if self.item_shown is None else taken_rate(self.item_taken, self.item_shown)

    def history(self, user_id: str) -> History:
        """The events of one user, oldest first; empty for somebody unknown."""
        user = self.users.index(user_id)
        return self.histories.of(user) if user >= 0 else History.empty()


def taken_rate(taken: NDArray[np.integer], shown: NDArray[np.integer]) -> float | None:
    """The share of a catalog's showings that were taken, at most a half. Of an item that was taken more
    often than it was shown, by other ways, no more than the showings count.
    """
    showings = int(shown.sum())
    return min(max(int(np.minimum(taken, shown).sum()), 1) / showings, 0.5) if showings else None
