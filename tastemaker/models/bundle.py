"""The model bundle: a folder that training writes once, and that serving, batch jobs and evaluation read.

It holds `bundle.json` and arrays that open by memory map. There are no pickles. The layout:

    bundle.json               the manifest, see `Bundle.manifest`
    items.*  users.*          ids, sorted (`tastemaker.ids`)
    item_columns/             attributes of items, for filters and metadata (`tastemaker.columns`)
    user_columns/             attributes of users
    history.offsets.npy       int64[users + 1]: where each user's newest events begin
    history.items.npy         int32[events]: positions of items, oldest event first
    history.timestamps.npy    int64[events]: seconds
    history.types.npy         int16[events]: positions of event types, -1 for none
    popularity.npy            float32[items]: distinct users, newer ones counting for more
    item_users.npy            int32[items]: distinct users of each item in trained events
    item_created.npy          int64[items]: creation time in seconds
    item_taken.npy            int32[items]: how often each item was taken (optional)
    item_shown.npy            int32[items]: how often each item was shown (optional)
    item_activity.npy         int64[2, items]: see `models.turnover.Activity` (if the catalog turns over)
    model/                    what the bundle's model needs
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
from tastemaker.masks import Flags
from tastemaker.models.event_types import EventTypes
from tastemaker.models.turnover import Activity, Turnover, live_items

FORMAT_VERSION = 1
SECOND_FORMAT_VERSION = 2
"""The version of bundles that older releases would answer from wrongly.

They have several networks, least values of events, users who had an item less likely in segments, or biases
that leave out the ages of items.
"""

MANIFEST = "bundle.json"
HISTORY_LENGTH = 500
"""The number of a user's newest events that a bundle keeps.

It is enough for filters (a hundred events of each of five types), and for what somebody buys in most of a
year; two hundred events were too few to show such habits.
"""

SEGMENTS_HISTORY_LENGTH = 10_000
"""The number of a user's newest events that a bundle for segments keeps.

Segments ask who ever had an item, and a batch job reads all histories anyway.
"""


class UnknownBundleFormatError(TastemakerError):
    """The bundle has a format version that this release does not read."""


@dataclass(frozen=True)
class History:
    """One user's events, oldest first, in three arrays of one length.

    `items` is int32 (positions in `bundle.items`), `timestamps` int64 in seconds, and `event_types` int16
    (numbers of `bundle.event_types`, -1 for a type that training did not see).
    """

    items: NDArray[np.int32]
    timestamps: NDArray[np.int64]
    event_types: NDArray[np.int16]

    @classmethod
    def empty(cls) -> History:
        """The history of an unknown user."""
        return cls(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int16))

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, where: slice | NDArray[Any]) -> History:
        return History(self.items[where], self.timestamps[where], self.event_types[where])


@dataclass(frozen=True)
class Histories:
    """The histories of all users. User `u` has the events `offsets[u]` to `offsets[u + 1]`."""

    offsets: NDArray[np.int64]
    items: NDArray[np.int32]
    timestamps: NDArray[np.int64]
    event_types: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, user: int) -> History:
        """The history of the user at a position."""
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
        """Map the arrays that `save` wrote."""
        return cls(
            open_array(folder / "history.offsets.npy"),
            open_array(folder / "history.items.npy"),
            open_array(folder / "history.timestamps.npy"),
            open_array(folder / "history.types.npy"),
        )


class Bundle:
    """An open bundle. Each array is mapped when it is first used.

    `manifest` holds `bundle.json`: formatVersion, kind (the model's name), recipe, solutionVersionArn,
    parameters, tunedHyperParameters, counts, metrics, baselines, warnings (about the metrics), columns,
    nameColumn (optional), turnover (optional), eventTypes, leastEventValues (optional), latestTimestamp,
    created, data (a report on the training data) and model (what the model's loader needs).
    """

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path, self.manifest = path, manifest

    @classmethod
    def open(cls, path: Path | str) -> Bundle:
        """Open the bundle in a folder. Raises UnknownBundleFormatError or FileNotFoundError."""
        path = Path(path)
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        version = manifest.get("formatVersion")
        if version not in (FORMAT_VERSION, SECOND_FORMAT_VERSION):
            raise UnknownBundleFormatError(
                f"The bundle in {path} has format version {version!r}. This release reads "
                f"{FORMAT_VERSION} and {SECOND_FORMAT_VERSION}. "
                "Train the solution again, or use the release that wrote it."
            )
        return cls(path, manifest)

    @property
    def model_name(self) -> str:
        """The name of the model that answers: a key of `tastemaker.models.MODELS`."""
        return str(self.manifest["kind"])

    @cached_property
    def event_types(self) -> EventTypes:
        """Every event type in the data, including those that were not trained on."""
        return EventTypes.of_manifest(self.manifest)

    @property
    def name_column(self) -> str | None:
        """The column that the Items schema marks as the name of an item; None if it marks none."""
        found: str | None = self.manifest.get("nameColumn")
        return found

    @cached_property
    def items(self) -> Ids:
        """The item ids. An item's position is its index everywhere."""
        return Ids.open(self.path, "items")

    @cached_property
    def users(self) -> Ids:
        """The user ids."""
        return Ids.open(self.path, "users")

    @cached_property
    def item_columns(self) -> Columns:
        """The items' attributes, one row per item."""
        return Columns.open(self.path / "item_columns")

    @cached_property
    def user_columns(self) -> Columns:
        """The users' attributes, one row per user."""
        return Columns.open(self.path / "user_columns")

    @cached_property
    def histories(self) -> Histories:
        """Every user's newest events, of all types."""
        return Histories.open(self.path)

    @cached_property
    def popularity(self) -> NDArray[np.float32]:
        """The distinct users of each item, newer ones counting for more: float32[items]."""
        return open_array(self.path / "popularity.npy")

    @cached_property
    def item_users(self) -> NDArray[np.int32]:
        """The distinct users of each item in trained events: int32[items]."""
        return open_array(self.path / "item_users.npy")

    @cached_property
    def item_created(self) -> NDArray[np.int64]:
        """The creation time of each item in seconds: int64[items]."""
        return open_array(self.path / "item_created.npy")

    @cached_property
    def item_taken(self) -> NDArray[np.int32]:
        """How often each item was taken: int32[items]. Without a count, the number of its users."""
        path = self.path / "item_taken.npy"
        return open_array(path) if path.exists() else self.item_users

    @cached_property
    def item_shown(self) -> NDArray[np.int32] | None:
        """How often each item was shown: int32[items]. None if the bundle has no `item_shown.npy`."""
        path = self.path / "item_shown.npy"
        return open_array(path) if path.exists() else None

    @property
    def latest(self) -> int:
        """The time of the newest event in the data, in seconds; 0 if there is none."""
        return int(self.manifest.get("latestTimestamp") or 0)

    @cached_property
    def activity(self) -> Activity | None:
        """When each item was born and last active. None if the catalog does not turn over."""
        path = self.path / "item_activity.npy"
        return Activity(*open_array(path)) if path.exists() else None

    @cached_property
    def live_items(self) -> Flags | None:
        """The items that are not idle: bool[items]. None if the catalog does not turn over."""
        if self.activity is None or "turnover" not in self.manifest:
            return None
        return live_items(self.activity, self.latest, Turnover(**self.manifest["turnover"]))

    @cached_property
    def taken_rate(self) -> float | None:
        """The share of all showings that were taken. None if no showings are known."""
        return None if self.item_shown is None else taken_rate(self.item_taken, self.item_shown)

    def history(self, user_id: str) -> History:
        """One user's events, oldest first. Empty for an unknown user."""
        user = self.users.index(user_id)
        return self.histories.of(user) if user >= 0 else History.empty()


def taken_rate(taken: NDArray[np.integer], shown: NDArray[np.integer]) -> float | None:
    """The share of a catalog's showings that were taken, at most a half.

    An item that was taken more often than it was shown, because users also found it in other ways, counts
    only as often as it was shown. None if nothing was shown.
    """
    showings = int(shown.sum())
    return min(max(int(np.minimum(taken, shown).sum()), 1) / showings, 0.5) if showings else None
