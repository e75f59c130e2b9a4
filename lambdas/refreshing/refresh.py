"""What a refresh reads from the lake and writes to it.

Each refresh continues where the previous one ended: its folder has the counts, and the names of the event
files that were counted. So an event is read once between two trainings. A refresh that fails or is repeated
starts at the same point.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.compaction import is_compacted, visible
from tastemaker.contracts.deployment import REFRESHED_DATA
from tastemaker.contracts.lake_layout import SEARCH_FOLDER, events_of_day
from tastemaker.contracts.plans import RefreshPlan
from tastemaker.contracts.refresh import STATE_FILE
from tastemaker.contracts.streamed_event import event_columns
from tastemaker.models import Bundle
from tastemaker.refreshing.actions import MODEL_NAME as ACTIONS
from tastemaker.refreshing.actions import NEEDED_FILES as ACTION_FILES
from tastemaker.refreshing.actions import write_actions
from tastemaker.refreshing.tally import Event, FindImpressions, Tally
from tastemaker.refreshing.writing import NEEDED_FILES, Upsert, write
from tastemaker.search.index.upserted import UpsertedPart

TALLY_FILE = "tally.json"
COLUMNS = event_columns(
    *(
        "eventId",
        "itemId",
        "eventType",
        "sentAt",
        "impression",
        "recommendationId",
        "userId",
        "sessionId",
        "eventValue",
    )
)
CHUNK_EVENTS = 50_000
"""Events that are counted together. The answers that they name are looked up in one request."""

FindUpserts = Callable[[str, float], Iterable[tuple[str, Any, float]]]
"""(dataset ARN, since) → (id, properties, time) of each upsert since then."""


@dataclass
class State:
    """Where a refresh ended.

    `read` are the keys of counted event files that the next refresh may list again. `put` is the time of the
    newest upsert and `now` the time of the refresh, both in seconds since 1970.
    """

    read: list[str] = field(default_factory=list)
    put: float = 0.0
    now: int = 0


@dataclass
class RefreshRun:
    """The stores of a refresh. `impressions` finds the items of recorded answers."""

    lake: LakeBucket
    upserts: FindUpserts
    impressions: FindImpressions
    clock: Callable[[], float] = time.time

    def run(self, plan: RefreshPlan) -> dict[str, Any]:
        """Write the refresh of a plan. Returns {"items", "events"}, or {"skip": True} without a change."""
        now = int(self.clock())
        with tempfile.TemporaryDirectory() as temporary:
            bundle = self._bundle(plan["bundle"], Path(temporary) / "bundle")
            if bundle.model_name == ACTIONS:
                return self._run_actions(plan, bundle, Path(temporary) / "data", now)
            previous, tally = self._previous(plan, bundle)
            upserts = self._upserts(plan, bundle)
            newest = max((at for _, at in upserts.values()), default=0.0)
            windows = tally.windows(now) if previous else None
            keys, events = self._count(plan, bundle, previous, tally, now)
            if previous:
                changed = bool(keys - set(previous.read)) or newest > previous.put
                changed = changed or windows != tally.windows(previous.now)
            else:
                changed = bool(events or upserts or tally.implied)
            if not changed:
                return {"skip": True}
            data = Path(temporary) / "data"
            items = write(data, bundle, upserts, tally, now)
            if upserts:
                types = bundle.manifest["columns"]["ITEMS"]
                UpsertedPart.build(types, upserts).save(data / SEARCH_FOLDER)
            self._store(plan, data, tally, State(sorted(keys), newest, now))
        return {"items": items, "events": events}

    def _run_actions(self, plan: RefreshPlan, bundle: Bundle, data: Path, now: int) -> dict[str, Any]:
        """Write the refresh of an action model: actions that were put. Events are read from profiles."""
        since = float(bundle.manifest["created"])
        found = self.upserts(plan["actions"], since) if "actions" in plan else ()
        upserts = {action: (properties, at) for action, properties, at in found}
        newest = max((at for _, at in upserts.values()), default=0.0)
        previous, tally = self._previous(plan, bundle)
        if not upserts or (previous is not None and newest <= previous.put):
            return {"skip": True}
        actions = write_actions(data, bundle, upserts, now)
        self._store(plan, data, tally, State([], newest, now))
        return {"items": 0, "events": 0, "actions": actions}

    def _store(self, plan: RefreshPlan, data: Path, tally: Tally, state: State) -> None:
        """Copy a refresh to the lake. Its state is written last: a folder without it is not complete."""
        target = self._key(plan["target"])
        for path in sorted(path for path in data.rglob("*") if path.is_file()):
            self.lake.upload(f"{target}{REFRESHED_DATA}{path.relative_to(data).as_posix()}", path)
        self.lake.write(f"{target}{TALLY_FILE}", tally.dumps(state.now))
        self.lake.write(f"{target}{STATE_FILE}", json.dumps(asdict(state)))

    def _key(self, uri: str) -> str:
        return uri.removeprefix(self.lake.uri(""))

    def _bundle(self, uri: str, folder: Path) -> Bundle:
        """Download the files of a bundle that a refresh reads."""
        prefix = self._key(uri)
        for key, _ in self.lake.objects(prefix):
            name = key.removeprefix(prefix)
            if name.startswith((*NEEDED_FILES, *ACTION_FILES)):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                self.lake.download(key, folder / name)
        return Bundle.open(folder)

    def _previous(self, plan: RefreshPlan, bundle: Bundle) -> tuple[State | None, Tally]:
        """Return the state and the counts to continue from.

        That is the previous refresh of this bundle. The first refresh of a bundle has no state, and takes
        from the last refresh of an earlier bundle what training does not know.
        """
        if plan["previous"]:
            previous = self._key(plan["previous"])
            state = State(**json.loads(self.lake.read(f"{previous}{STATE_FILE}")))
            return state, Tally.loads(self.lake.read(f"{previous}{TALLY_FILE}"))
        window = bundle.manifest["model"]["windowSeconds"] if bundle.model_name == "trending" else 0
        if plan["earlier"]:
            earlier = Tally.loads(self.lake.read(f"{self._key(plan['earlier'])}{TALLY_FILE}"))
            return None, earlier.after_training(window)
        return None, Tally(window)

    def _upserts(self, plan: RefreshPlan, bundle: Bundle) -> dict[str, Upsert]:
        since = float(bundle.manifest["created"])
        found = self.upserts(plan["items"], since)
        return {item: (properties, at) for item, properties, at in found}

    def _count(
        self, plan: RefreshPlan, bundle: Bundle, previous: State | None, tally: Tally, now: int
    ) -> tuple[set[str], int]:
        """Count the events of files that were not counted yet.

        Returns the keys of counted files that the next refresh may list again, and the number of new events.
        """
        since = float(bundle.manifest["created"])
        if tally.window:  # trends count events from before the training, which did not know today's windows
            since = min(since, now - 2.0 * tally.window)
        prefix = plan["events"]
        known = set(previous.read) if previous else set()
        keys: set[str] = set()
        events = 0
        start = _day_before(prefix, previous.now if previous else since)
        for key, written in visible(self.lake.objects(prefix, after=start)):
            if not key.endswith(".parquet") or (written <= since and not is_compacted(key)):
                continue
            if key > _day_before(prefix, now):
                keys.add(key)
            if key not in known:
                events += self._count_file(key, bundle, tally, now, known, since)
        return keys, events

    def _count_file(
        self, key: str, bundle: Bundle, tally: Tally, now: int, known: set[str], since: float
    ) -> int:
        found = parquet.event_rows(self.lake, key, COLUMNS, read=known, since=since)
        rows = (Event(*row) for row in found)
        is_trained = _is_trained(bundle)
        return sum(
            tally.add(chunk, now=now, is_trained=is_trained, impressions=self.impressions)
            for chunk in _chunks(rows, CHUNK_EVENTS)
        )


def _day_before(prefix: str, moment: float) -> str:
    """Return the prefix of the events of the day before a moment.

    Files are stored by their day of delivery. A file that starts before midnight may end after it.
    """
    day = timedelta(days=1)
    start = datetime.fromtimestamp(max(moment, day.total_seconds()), UTC) - day
    return events_of_day(prefix, f"{start:%Y/%m/%d}")


def _is_trained(bundle: Bundle) -> Callable[[Event], bool]:
    """Return a function that says whether the model was trained on events like this one."""
    about, types = bundle.manifest["model"], bundle.event_types
    every = [True] * len(types.names)
    trained = types.trained(about.get("trainedTypes") or every, bool(about.get("unknownTypes", True)))
    return lambda event: bool(trained[types.number_of_event(types.number(event.event_type), event.value)])


def _chunks(rows: Iterable[Event], size: int) -> Iterator[list[Event]]:
    chunk: list[Event] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
