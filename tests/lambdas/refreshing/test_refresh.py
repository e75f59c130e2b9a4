"""From files of events in the lake to a refresh that the runtime lays over the model."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lambdas.refreshing.refresh import TALLY_FILE, RefreshRun
from lambdas.stores.bundles import BundleCache
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.compaction import SOURCES, WRITTEN
from tastemaker.contracts.deployment import REFRESHED_DATA, bundle_address
from tastemaker.contracts.lake_layout import REFRESHED_SEARCH_FOLDER
from tastemaker.contracts.refresh import STATE_FILE
from tastemaker.ids import save_array
from tastemaker.refreshing.tally import Tally
from tastemaker.search.index.upserted import UpsertedPart
from tests.lambdas.aws import LAKE
from tests.tastemaker.serving.films import write_bundle

ITEMS = "arn:aws:personalize:eu-west-1:123456789012:dataset/films/ITEMS"
BUNDLE = "groups/films/models/s/1/job/output/model/"
TYPES = {
    "eventId": pa.string(),
    "userId": pa.string(),
    "sessionId": pa.string(),
    "itemId": pa.string(),
    "eventType": pa.string(),
    "sentAt": pa.int64(),
    "impression": pa.string(),
    "recommendationId": pa.string(),
    "eventValue": pa.float64(),
}
NOW = 1_700_000_000
KNOWN = Tally(shown=Counter(alien=9), implied=Counter(alien=3), taken=Counter(alien=5))
ANSWERS = {"RID-1": ["alien", "fargo"], "RID-2": ["dune"]}


class RefreshLab:
    """A lake with the films' model, and what is put and shown, in memory."""

    def __init__(self, client, folder: Path) -> None:
        self.lake, self.folder = LakeBucket(client, LAKE), folder
        self.put: list[tuple[str, dict, float]] = []
        write_bundle(folder / "bundle", "sequence")
        manifest = json.loads((folder / "bundle/bundle.json").read_text())
        kinds = {"GENRES": "categorical", "YEAR": "number", "COLOR": "boolean"}
        manifest |= {"columns": {"ITEMS": kinds}, "latestTimestamp": 20}
        (folder / "bundle/bundle.json").write_text(json.dumps({**manifest, "created": 0.0}))
        for path in (folder / "bundle").rglob("*.*"):
            self.lake.upload(BUNDLE + path.relative_to(folder / "bundle").as_posix(), path)

    def describe(self, **members) -> None:
        """Set members of the bundle's manifest."""
        manifest = json.loads((self.folder / "bundle/bundle.json").read_text())
        self.lake.write(BUNDLE + "bundle.json", json.dumps(manifest | members))

    def turn_over(self) -> None:
        """Let the catalog turn over, with films that were all active at 20."""
        self.describe(turnover={"life": 60, "pause": 60})
        save_array(self.folder / "item_activity.npy", np.full((2, 5), 20, np.int64))
        self.lake.upload(BUNDLE + "item_activity.npy", self.folder / "item_activity.npy")

    def deliver(self, name: str, *events: dict) -> None:
        """A file of events, as Firehose writes it today."""
        now = datetime.now(UTC)
        rows = [
            {"sessionId": "s", "eventType": "view", "sentAt": int(now.timestamp()), **event}
            for event in events
        ]
        table = pa.table({n.lower(): pa.array([row.get(n) for row in rows], t) for n, t in TYPES.items()})
        pq.write_table(table, self.folder / "events.parquet")
        self.lake.upload(f"groups/films/events/{now:%Y/%m/%d}/{name}.parquet", self.folder / "events.parquet")

    def run(self, name: str, previous: str | None = None, earlier: str | None = None) -> tuple[str, dict]:
        """One refresh: where it is, and what the work answered."""
        target = self.lake.uri(f"groups/films/models/s/1/job/refreshes/c/{name}/")
        plan = {
            "arn": "arn",
            "events": "groups/films/events/",
            "items": ITEMS,
            "bundle": self.lake.uri(BUNDLE),
            "previous": previous,
            "earlier": earlier,
            "target": target,
        }
        lists = lambda ids: {one: ANSWERS[one] for one in ids if one in ANSWERS}  # noqa: E731
        put = lambda dataset, since: [one for one in self.put if one[2] > since]  # noqa: E731
        return target, RefreshRun(self.lake, put, lists).run(plan)

    def served(self, refresh: str):
        """The refreshed bundle, as the runtime opens it."""
        bundles = BundleCache(self.lake.client, self.folder / "runtime")
        return bundles.get(bundle_address(self.lake.uri(BUNDLE), refresh)).bundle


@pytest.fixture
def lab(lake_client, tmp_path: Path) -> RefreshLab:
    return RefreshLab(lake_client, tmp_path)


def shown(bundle) -> dict[str, int]:
    return dict(zip(bundle.items.tolist(), bundle.item_shown.tolist(), strict=True))


def taken_counts(bundle) -> dict[str, int]:
    return dict(zip(bundle.items.tolist(), bundle.item_taken.tolist(), strict=True))


def test_refresh_is_skipped_without_changes(lab: RefreshLab) -> None:
    _, result = lab.run("first")
    assert result == {"skip": True}


def test_upserts_and_counts_reach_the_refreshed_bundle(lab: RefreshLab) -> None:
    lab.put = [("fargo", {"GENRES": "crime|comedy", "YEAR": 1996}, 30.0)]
    lab.deliver(
        "a",
        {"eventId": "1", "itemId": "dune", "impression": "dune|fargo"},
        {"eventId": "2", "itemId": "dune", "recommendationId": "RID-1"},
    )
    refresh, result = lab.run("first")
    assert result == {"items": 1, "events": 2}
    bundle = lab.served(refresh)
    assert bundle.items.tolist() == ["alien", "brazil", "casablanca", "dune", "emma", "fargo"]
    assert bundle.item_columns.record(5) == {"GENRES": "crime|comedy", "YEAR": 1996.0, "COLOR": None}
    assert shown(bundle) == {"alien": 1, "brazil": 0, "casablanca": 0, "dune": 1, "emma": 0, "fargo": 2}
    assert taken_counts(bundle)["dune"] == 5 + 2 and bundle.item_created[5] == 30


def test_events_below_the_threshold_of_their_type_are_not_counted(lab: RefreshLab) -> None:
    lab.describe(leastEventValues=[[0, 3.0]])  # of the type view
    lab.deliver(
        "a",
        {"eventId": "1", "itemId": "dune", "eventValue": 2.5, "impression": "dune|emma"},
        {"eventId": "2", "itemId": "emma", "eventValue": 3.0},
        {"eventId": "3", "itemId": "emma"},
        {"eventId": "4", "itemId": "alien", "eventType": "share"},
    )
    bundle = lab.served(lab.run("first")[0])
    assert taken_counts(bundle) == {"alien": 12 + 1, "brazil": 9, "casablanca": 7, "dune": 5, "emma": 1 + 1}
    assert shown(bundle)["dune"] == 1


def test_refresh_of_a_catalog_that_turns_over_renews_activity(lab: RefreshLab) -> None:
    lab.turn_over()
    now = int(datetime.now(UTC).timestamp())
    lab.put = [("fargo", {"CREATION_TIMESTAMP": 0}, now - 40.0)]
    lab.deliver("a", {"eventId": "1", "itemId": "dune", "sentAt": now - 30})
    bundle = lab.served(lab.run("first")[0])
    assert bundle.activity.last.tolist() == [20, 20, 20, now - 30, 20, now - 40]
    assert bundle.items.take(bundle.live_items.nonzero()[0]) == ["dune", "fargo"]


def test_refresh_brings_the_search_index_of_all_upserts_to_functions_that_search(lab: RefreshLab) -> None:
    lab.put = [("fargo", {"GENRES": "crime"}, 30.0), ("dune", {"GENRES": "desert"}, 40.0)]
    refresh, _ = lab.run("first")
    address = bundle_address(lab.lake.uri(BUNDLE), refresh)
    assert not (lab.served(refresh).path / "search").exists(), "ranking does not need it"
    searching = BundleCache(lab.lake.client, lab.folder / "searching", search=True)
    part = UpsertedPart.open(searching.get(address).bundle.path / REFRESHED_SEARCH_FOLDER)
    assert part is not None and part.ids.tolist() == ["dune", "fargo"] and part.times.tolist() == [40, 30]
    assert len(part.segment.vocabulary) == 2


def test_next_refresh_counts_only_new_files(lab: RefreshLab) -> None:
    lab.deliver("a", {"eventId": "1", "itemId": "dune", "impression": "dune|alien"})
    first, _ = lab.run("first")
    _, result = lab.run("second", first)
    assert result == {"skip": True}
    lab.deliver("b", {"eventId": "2", "itemId": "alien", "impression": "alien"})
    second, result = lab.run("third", first)
    assert result["events"] == 1
    assert shown(lab.served(second))["alien"] == 2 and taken_counts(lab.served(second))["dune"] == 6


def test_new_version_keeps_implied_impressions_of_the_previous_one(lab: RefreshLab) -> None:
    lab.lake.write("groups/films/models/s/0/job/refreshes/c/x/" + TALLY_FILE, KNOWN.dumps(NOW))
    earlier = lab.lake.uri("groups/films/models/s/0/job/refreshes/c/x/")
    refresh, _ = lab.run("first", earlier=earlier)
    assert shown(lab.served(refresh))["alien"] == 3 and taken_counts(lab.served(refresh))["alien"] == 12


def test_repeated_refresh_writes_the_same(lab: RefreshLab) -> None:
    lab.deliver("a", {"eventId": "1", "itemId": "gattaca"}, {"eventId": "1", "itemId": "gattaca"})
    refresh, result = lab.run("first")
    key = refresh.removeprefix(lab.lake.uri(""))

    def etags() -> dict[str, str]:
        keys = [one for one, _ in lab.lake.objects(f"{key}{REFRESHED_DATA}") if one.endswith(".npy")]
        return {one: lab.lake.client.head_object(Bucket=LAKE, Key=one)["ETag"] for one in keys}

    before = etags()
    assert lab.run("first") == (refresh, result) and result == {"items": 1, "events": 1}
    assert etags() == before and json.loads(lab.lake.read(f"{key}{STATE_FILE}"))["read"]


def test_untrained_event_type_only_counts_impressions(lab: RefreshLab) -> None:
    lab.deliver("a", {"eventId": "1", "itemId": "dune", "eventType": "buy", "recommendationId": "RID-2"})
    bundle = lab.served(lab.run("first")[0])
    assert taken_counts(bundle)["dune"] == 6 and shown(bundle)["dune"] == 1


def test_refresh_leaves_out_events_of_a_compacted_day_that_the_model_was_trained_on(lab: RefreshLab) -> None:
    """The model was made at noon, with the events of the morning."""
    events = {"morning": "alien", "evening": "dune"}
    rows = [{"eventid": name, "itemid": item, "compactedfrom": name} for name, item in events.items()]
    more = {"userid": "u", "sessionid": "s", "eventtype": "view", "sentat": 5, "impression": None}
    sources = json.dumps(dict.fromkeys(events, "etag"))
    metadata = {SOURCES: sources, WRITTEN: json.dumps({"morning": 0.0, "evening": 1.0})}
    table = pa.Table.from_pylist([{**row, **more} for row in rows]).replace_schema_metadata(metadata)
    pq.write_table(table, lab.folder / "day.parquet")
    lab.lake.upload("groups/films/events/1970/01/01/compacted.parquet", lab.folder / "day.parquet")
    refresh, result = lab.run("first")
    assert result["events"] == 1
    assert taken_counts(lab.served(refresh))["dune"] == 5 + 1
