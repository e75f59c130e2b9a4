"""What is read and written for one refresh.

Each refresh goes on where the one that serves now ended: its folder says which files of events were counted,
and the counts. So an event is read once between two trainings, and a refresh that fails, or that is done
again, begins at the same place.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.lake_layout import GroupFolder
from tastemaker.contracts.streamed_event import event_columns
from tastemaker.control.workflows.refreshes import LAST as STATE
from tastemaker.models import Bundle
from tastemaker.refreshing.tally import Event, Lists, Tally
from tastemaker.refreshing.writing import NEEDED, Put, write

TALLY, SERVED = "tally.json", "served/"
COLUMNS = event_columns("eventId", "itemId", "eventType", "sentAt", "impression", "recommendationId")
DAY = timedelta(days=1)
CHUNK = 50_000
"""Events that are counted at a time: answers that they name are looked up together."""


@dataclass
class Refreshing:
    """`put` is (dataset ARN, since) → (id, properties, time) of what was put since; `lists` finds the items
    of answers.
    """

    lake: LakeBucket
    put: Callable[[str, float], Iterable[tuple[str, Mapping[str, Any], float]]]
    lists: Lists
    clock: Callable[[], float] = time.time

    def run(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Write the refresh that the plan names. {"skip": True} if there is nothing to tell."""
        now = int(self.clock())
        with tempfile.TemporaryDirectory() as temporary:
            bundle = self._bundle(plan["bundle"], Path(temporary) / "bundle")
            state, tally = self._before(plan, bundle)
            put = self._put(plan, bundle)
            newest = max((at for _, at in put.values()), default=0.0)
            windows = tally.windows(now) if state else None
            keys, events = self._count(plan, bundle, state, tally, now)
            fresh = keys - set(state["read"]) or newest > state["put"] if state else events or put
            changed = fresh or (not state and tally.implied)
            if not changed and (windows is None or windows == tally.windows(state["now"])):
                return {"skip": True}
            served = Path(temporary) / "served"
            items = write(served, bundle, put, tally, now)
            target = self._key(plan["target"])
            for path in sorted(path for path in served.rglob("*") if path.is_file()):
                self.lake.upload(f"{target}{SERVED}{path.relative_to(served).as_posix()}", path)
        self.lake.write(f"{target}{TALLY}", tally.dumps(now))
        said = {"read": sorted(keys), "put": newest, "now": now}
        self.lake.write(f"{target}{STATE}", json.dumps(said))
        return {"items": items, "events": events}

    def _key(self, uri: str) -> str:
        return uri.removeprefix(self.lake.uri(""))

    def _bundle(self, uri: str, folder: Path) -> Bundle:
        """The few files of the bundle that a refresh looks at."""
        prefix = self._key(uri)
        for key, _ in self.lake.objects(prefix):
            name = key.removeprefix(prefix)
            if name.startswith(NEEDED):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                self.lake.download(key, folder / name)
        return Bundle.open(folder)

    def _before(self, plan: Mapping[str, Any], bundle: Bundle) -> tuple[dict[str, Any], Tally]:
        """Where the refresh that serves ended; what the last one of an earlier version knew; else nothing."""
        if plan.get("previous"):
            previous = self._key(plan["previous"])
            state = json.loads(self.lake.read(f"{previous}{STATE}"))
            return state, Tally.loads(self.lake.read(f"{previous}{TALLY}"))
        window = bundle.manifest["model"]["windowSeconds"] if bundle.model_name == "trending" else 0
        if plan.get("earlier"):
            earlier = Tally.loads(self.lake.read(f"{self._key(plan['earlier'])}{TALLY}"))
            return {}, earlier.after_training(window)
        return {}, Tally(window)

    def _put(self, plan: Mapping[str, Any], bundle: Bundle) -> dict[str, Put]:
        since = float(bundle.manifest["created"])
        found = self.put(plan["itemsArn"], since)
        return {item: (properties, at) for item, properties, at in found}

    def _count(
        self, plan: Mapping[str, Any], bundle: Bundle, state: Mapping[str, Any], tally: Tally, now: int
    ) -> tuple[set[str], int]:
        """Count the events of files that were not counted. Returns the files that the next refresh may meet
        again, and how many events were new.
        """
        since = float(bundle.manifest["created"])
        if tally.window:  # trends look back further than the training, which knew no windows that end now
            since = min(since, now - 2.0 * tally.window)
        events_at = GroupFolder(plan["group"]).events
        read, keys, events = set(state.get("read", ())), set(), 0
        start = events_at + _day(state["now"] if state else since)
        for key, written in self.lake.objects(events_at, after=start):
            if not key.endswith(".parquet") or written <= since:
                continue
            if key > events_at + _day(now):
                keys.add(key)
            if key not in read:
                events += self._file(key, bundle, tally, now)
        return keys, events

    def _file(self, key: str, bundle: Bundle, tally: Tally, now: int) -> int:
        rows = (Event(*row) for row in parquet.rows(self.lake, key, COLUMNS))
        counts = _trained(bundle)
        return sum(
            tally.add(chunk, now=now, counts=counts, lists=self.lists) for chunk in _chunks(rows, CHUNK)
        )


def _day(moment: float) -> str:
    """The folder of the day before a moment: files lie by the day of their delivery; one that begins before
    midnight may end after it.
    """
    day = datetime.fromtimestamp(max(moment, DAY.total_seconds()), UTC) - DAY
    return f"{day:%Y/%m/%d}/"


def _trained(bundle: Bundle) -> Callable[[str], bool]:
    """Whether an event type counts, as training saw it."""
    about = bundle.manifest["model"]
    trained = about.get("trainedTypes") or [True] * len(bundle.event_types)
    types = dict(zip(bundle.event_types, trained, strict=True))
    folded = {name.casefold(): trained for name, trained in types.items()}
    unknown = bool(about.get("unknownTypes", True))
    return lambda name: bool(types.get(name, folded.get(name.casefold(), unknown)))


def _chunks(rows: Iterable[Event], size: int) -> Iterator[list[Event]]:
    chunk: list[Event] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
