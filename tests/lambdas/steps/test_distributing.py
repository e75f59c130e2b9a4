"""What goes to Spark, and what comes back."""

import json

import pytest

from lambdas.steps.distributing import add_distribution, read_outcome
from lambdas.stores.lake import LakeBucket
from tastemaker.failures import WorkFailedError
from tests.lambdas.aws import LAKE


@pytest.fixture
def lake(lake_client) -> LakeBucket:
    lake = LakeBucket(lake_client, LAKE)
    lake.write("groups/g/datasets/INTERACTIONS/run/part-0.parquet", "x" * 60)
    lake.write("groups/g/events/2026/a.parquet", "x" * 40)
    lake.write("groups/g/datasets/ITEMS/run/part-0.parquet", "x" * 500)
    datasets = {
        dataset_type: {"prefixes": [f"groups/g/datasets/{dataset_type}/run/"]}
        for dataset_type in ("INTERACTIONS", "ITEMS", "USERS")
    }
    config = {"datasets": datasets, "events": ["groups/g/events/"]}
    lake.write("groups/g/training/s/1/config.json", json.dumps(config))
    return lake


PLAN = {
    "configKey": "groups/g/training/s/1/config.json",
    "manifestUri": f"s3://{LAKE}/groups/g/training/s/1/data.manifest",
}


def test_plan_of_a_small_training_is_unchanged(lake: LakeBucket) -> None:
    assert add_distribution("train", PLAN, lake, 100) == PLAN
    assert add_distribution("train", {"skip": True}, lake, 1) == {"skip": True}
    assert add_distribution("deploy", {"warm": {}}, lake, 1) == {"warm": {}}


def test_plan_of_a_large_training_prepares_its_events_first(lake: LakeBucket) -> None:
    folder = "groups/g/training/s/1/prepared/"
    for _ in range(2):  # a step may be repeated
        plan = add_distribution("train", dict(PLAN), lake, 99)
        assert plan["distributed"] is True and plan["bytes"] == 100
        assert plan["manifestKey"] == "groups/g/training/s/1/data.manifest"
        assert plan["manifestUri"] == f"s3://{LAKE}/{folder}data.manifest"
        assert json.loads(lake.read(PLAN["configKey"]))["prepared"] == plan["prepared"] == folder


def test_outcome_is_a_result_or_a_failure(lake: LakeBucket) -> None:
    plan = add_distribution("import", {"destination": "groups/g/datasets/ITEMS/run/"}, lake, 1)
    lake.write(plan["outcome"], '{"rows": 7}')
    assert plan["outcome"] == "groups/g/datasets/ITEMS/run.outcome.json"
    assert read_outcome(plan, lake) == {"rows": 7}
    lake.write(plan["outcome"], '{"error": "a.csv, line 2: no"}')
    with pytest.raises(WorkFailedError, match="line 2"):
        read_outcome(plan, lake)
