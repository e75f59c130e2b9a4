"""Tests that Spark prepares the same arrays as one machine."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("pyspark", reason="PySpark is not installed: make test-spark runs these tests")

from distributed.__main__ import prepare_events, refusal
from distributed.storage import Storage
from tests.training import lake
from training.config_reader import parse_config
from training.data.prepare import prepare
from training.data.prepared import Prepared

CONFIG = "groups/shop/training/config.json"
TYPES = ["buy", "view", None]


def random_events(seed: int, count: int) -> list[dict]:
    """Events with absent members, equal times, duplicates, and sessions of several users."""
    rng = np.random.default_rng(seed)

    def one(number: int) -> dict:
        user = rng.choice([None, "", "u001", "ü9", "zz"])
        return {
            "eventId": str(rng.integers(count)),
            "userId": None if user is None else str(user),
            "sessionId": [None, "s1", "s2", "s3"][rng.integers(4)],
            "itemId": None if rng.random() < 0.1 else lake.item(int(rng.integers(30))),
            "eventType": TYPES[rng.integers(3)],
            "eventValue": None if rng.random() < 0.5 else float(rng.integers(9)),
            "sentAt": lake.START + int(rng.integers(60)),
            "properties": [None, '{"device": "watch"}', "no JSON", '{"DEVICE": 7}'][rng.integers(4)],
        }

    events = [one(number) for number in range(count)]
    return events + events[::10]


def on_spark(spark, root, config: dict, shard_bytes: int) -> Prepared:
    place = Storage(str(root))
    keys = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    place.write("m.json", [{"prefix": "x"}, *sorted(keys)])
    plan = {"manifestKey": "m.json", "configKey": CONFIG, "prepared": "p/prepared/", "bytes": shard_bytes}
    prepare_events(spark, plan, place)
    manifest = place.read("p/prepared/data.manifest")
    for key in set(keys) - set(manifest[1:]):  # what the training job would not see
        (root / key).unlink()
    return prepare(parse_config(config | {"prepared": "p/prepared/"}), root)


def arrays(data: Prepared) -> dict[str, np.ndarray]:
    sequences, histories = data.sequences, data.histories
    return {
        "items": data.items.blob,
        "users": data.users.blob,
        "types": np.array(data.event_types),
        "trained": np.array(data.trained_types),
        "created": data.item_created,
        "item features": data.item_features.codes,
        "user features": data.user_features.codes,
        **{f"sequences.{name}": value for name, value in vars(sequences).items()},
        **{f"histories.{name}": value for name, value in vars(histories).items()},
    }


@pytest.mark.parametrize(("seed", "shards"), [(1, 1), (2, 5)])
def test_spark_and_one_machine_prepare_the_same_arrays(spark, tmp_path, seed: int, shards: int) -> None:
    rules = [
        {"eventType": "view", "weight": 0.2},
        {"eventType": "buy", "weight": 0.7, "eventValueThreshold": "2"},
    ]
    solution = {"eventsConfig": {"eventParametersList": rules}}
    path = lake.build(tmp_path, random_events(seed, 300), solutionConfig=solution)
    config = json.loads(path.read_text())
    alone = prepare(parse_config(config), tmp_path)
    together = on_spark(spark, tmp_path, config, shards << 26)
    expected, found = arrays(alone), arrays(together)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    assert together.context_space == alone.context_space
    assert together.item_columns["GENRE"].value(0) == alone.item_columns["GENRE"].value(0)


def test_group_without_bulk_data_is_prepared_from_streamed_events(spark, tmp_path) -> None:
    path = lake.build(tmp_path, random_events(3, 2000))
    config = json.loads(path.read_text())
    config["datasets"]["INTERACTIONS"]["prefixes"] = []
    config["quotas"] = {"minimumUsers": 1}
    alone = prepare(parse_config(config), tmp_path)
    path.write_text(json.dumps(config))
    found = arrays(on_spark(spark, tmp_path, config, 1))
    for name, value in arrays(alone).items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_invalid_data_are_refused_with_the_same_message(spark, tmp_path) -> None:
    path = lake.build(tmp_path, [{"userId": "u", "itemId": "i", "sentAt": lake.START * 1000}])
    with pytest.raises(Exception, match="milliseconds") as caught:
        prepare(parse_config(json.loads(path.read_text())), tmp_path)
    with pytest.raises(Exception, match="milliseconds") as told:
        on_spark(spark, tmp_path, json.loads(path.read_text()), 1)
    assert refusal(told.value) == str(caught.value)


def test_numeric_context_column_has_the_same_buckets(spark, tmp_path) -> None:
    rng = np.random.default_rng(4)
    rows = lake.interactions().drop_columns("TIMESTAMP")
    rows = rows.append_column("TIMESTAMP", pa.array(lake.START + np.arange(len(rows))))
    rows = rows.append_column("PRICE_PAID", pa.array(rng.random(len(rows)).round(2)))
    path = lake.build(tmp_path)
    lake.put(tmp_path, "groups/shop/datasets/INTERACTIONS/run/", rows)
    config = json.loads(path.read_text())
    config["datasets"]["INTERACTIONS"]["schema"]["fields"].append(
        {"name": "PRICE_PAID", "type": ["null", "float"]}
    )
    path.write_text(json.dumps(config))
    alone = prepare(parse_config(config), tmp_path)
    together = on_spark(spark, tmp_path, config, 3 << 26)
    assert together.context_space == alone.context_space and alone.context_space.columns[1].edges
    np.testing.assert_array_equal(together.sequences.context, alone.sequences.context)
