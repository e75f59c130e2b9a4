"""Tests that whatever an import accepts, and whatever upserts were stored, can be trained on."""

import csv
import io
import json
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tastemaker.failures import WorkFailedError
from tastemaker.importing.importer import Importer
from tastemaker.importing.storage import Folder
from tastemaker.models import Bundle
from tastemaker.schemas import parse
from tests.standard_schemas import ITEM_ID, TIMESTAMP, USER_ID, field, record
from tests.training import lake
from training.config_reader import read_config
from training.data.prepare import prepare
from training.job import run
from training.progress import StopSignal

INTERACTIONS = record(
    "Interactions",
    [USER_ID, ITEM_ID, TIMESTAMP, field("EVENT_VALUE", ["null", "double"]), field("N", ["null", "long"])],
)
ITEMS = record(
    "Items",
    [
        ITEM_ID,
        field("STOCK", ["null", "long"]),
        field("SIZE", ["null", "int"]),
        field("PRICE", ["null", "float"]),
        field("WEIGHT", ["null", "double"]),
        field("CREATION_TIMESTAMP", "long"),
        field("KIND", ["null", "string"], categorical=True),
    ],
)
NOW = 1_780_000_000.0
LONGS = st.integers(-(2**63), 2**63 - 1)
EDGES = st.sampled_from([-(2**63), 2**63 - 1, 2**53 + 1, -(2**53) - 1, 0, 2**31 - 1, 2**31])
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.integers(10**8, 18 * 10**8) | EDGES | LONGS
ROWS = st.lists(
    st.tuples(st.sampled_from("uvwx"), st.sampled_from("abcdef"), TIMES, FLOATS | st.none(), LONGS | EDGES),
    min_size=12,
    max_size=30,
)
CATALOG = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        LONGS | EDGES,
        EDGES | st.integers(-(2**31), 2**31 - 1),
        FLOATS,
        FLOATS,
        TIMES | st.just(-631_152_000),
        st.text("ab|", max_size=4),
    ),
    min_size=1,
    max_size=6,
)


def load(root: Path, schema: dict, rows: list[tuple], *, one_by_one: bool = False) -> None:
    """Import rows, all together or each on its own. Rows that an import refuses are left out."""
    fields = parse(json.dumps(schema)).fields
    prefix = f"groups/shop/{schema['name'].upper()}/"
    (root / "data").mkdir(exist_ok=True)
    batches = [[row] for row in rows] if one_by_one else [rows]
    for number, batch in enumerate(batches):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([one.name for one in fields])
        writer.writerows([["" if cell is None else cell for cell in row] for row in batch])
        (root / "data" / "a.csv").write_text(text.getvalue())
        store = Folder(root)
        importer = Importer(store, store, fields, f"{prefix}{number}/", log=lambda _: None, now=NOW)
        with suppress(WorkFailedError):
            importer.run("s3://data/a.csv")


def train(root: Path, recipe: str, **members: object) -> Bundle:
    """Train on what is in the lake, and open the bundle."""
    datasets = {
        name: {"schema": schema, "prefixes": [f"groups/shop/{name}/"]}
        for name, schema in (("INTERACTIONS", INTERACTIONS), ("ITEMS", ITEMS))
    }
    document = {
        "formatVersion": 1,
        "solutionVersionArn": "arn:aws:personalize:eu-west-1:123456789012:solution/shop/0a1b2c3d",
        "recipe": recipe,
        "createdAt": NOW,
        "seed": 7,
        "datasets": datasets,
        "events": [],
        "eventType": None,
        "solutionConfig": {},
        "quotas": {"minimumInteractions": 1, "minimumUsers": 1},
        "hyperParameters": {},
        **members,
    }
    path = root / "lake/config.json"
    path.write_text(json.dumps(document))
    run(read_config(path), root / "lake", root / "model", checkpoints=root / "checkpoints", stop=StopSignal())
    return Bundle.open(root / "model")


@given(ROWS, CATALOG)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_row_that_an_import_accepts_can_be_trained_on(rows: list[tuple], catalog: list[tuple]) -> None:
    sure = [
        (user, item, 10**9 + n, None, n)
        for n, (user, item) in enumerate(zip("uvuvuv", "abcabc", strict=True))
    ]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        load(root, INTERACTIONS, [*sure, *rows], one_by_one=True)
        load(root, ITEMS, catalog, one_by_one=True)
        bundle = train(root, "aws-popularity-count")
        assert bundle.manifest["counts"]["interactions"] >= 4


def test_catalog_with_64_bit_numbers_trains(tmp_path: Path) -> None:
    rows = [
        (user, item, 10**9 + n, None, n) for n, (user, item) in enumerate(zip("uvuv", "abab", strict=True))
    ]
    load(tmp_path, INTERACTIONS, rows)
    load(tmp_path, ITEMS, [("a", 2**63 - 1, 1, 1, 1, 0, "x"), ("b", 2**53 + 1, 1, 1, 1, 0, "y")])
    bundle = train(tmp_path, "aws-popularity-count")
    assert bundle.item_columns["STOCK"].value(bundle.items.index("a")) == float(2**63)


def test_one_upsert_that_does_not_fit_is_skipped_counted_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lake.build(tmp_path)
    config = json.loads(path.read_text())
    put = "groups/shop/training/put/ITEMS.jsonl"
    (tmp_path / put).parent.mkdir(parents=True)
    good = {"GENRE": "all", "PRICE": 7.0, "IN_STOCK": True, "TITLE": "new"}
    lines = [
        ["bad", {**good, "PRICE": 10**400}, 1.7e9],
        ["worse", {**good, "IN_STOCK": "maybe"}, 1.7e9],
        ["good", good, 1.7e9],
    ]
    (tmp_path / put).write_text("".join(json.dumps(line) + "\n" for line in lines))
    config["datasets"]["ITEMS"]["put"] = put
    path.write_text(json.dumps(config))
    prepared = prepare(read_config(path), tmp_path)
    assert "good" in prepared.items and "bad" not in prepared.items and "worse" not in prepared.items
    assert list(prepared.skipped_upserts["ITEMS"]) == ["bad", "worse"]
    logged = capsys.readouterr().out
    assert "2 records of ITEMS" in logged and "'bad' (PRICE: " in logged and "'worse' (IN_STOCK: " in logged
