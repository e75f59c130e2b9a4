"""Units follow DynamoDB's published rules for sizes, and the benchmark counts what the functions call."""

import json
import subprocess
import sys

import pytest

from benchmarks.serving.units import item_size, metrics_in, read_units, write_units


def test_sizes_are_those_of_names_and_values() -> None:
    assert item_size({"id": {"S": "abc"}, "é": {"S": "ü"}}) == 2 + 3 + 2 + 2
    assert item_size({"n": {"N": "1234"}}) == 1 + 2 + 1
    assert item_size({"b": {"BOOL": True}}) == 2
    assert item_size({"m": {"M": {"k": {"S": "v"}}}}) == 1 + 3 + 1 + 1 + 1
    assert item_size({"l": {"L": [{"S": "ab"}]}}) == 1 + 3 + 2 + 1


@pytest.mark.parametrize(
    ("sizes", "consistent", "units"),
    [
        ([], False, 0.5),
        ([4096], False, 0.5),
        ([4096], True, 1),
        ([4097], True, 2),
        ([2000] * 50, False, 12.5),
    ],
)
def test_reads_are_billed_by_4_kb_of_all_items_together(
    sizes: list[int], consistent: bool, units: float
) -> None:
    assert read_units(sizes, consistent=consistent) == units


def test_writes_are_billed_by_1_kb_of_an_item() -> None:
    assert [write_units(size) for size in (10, 1024, 1025)] == [1, 1, 2]


def test_metrics_are_counted_by_name_and_dimensions() -> None:
    def line(**values: str) -> str:
        directive = {"Namespace": "n", "Dimensions": [["campaign"]], "Metrics": [{"Name": "Latency"}]}
        return json.dumps({"_aws": {"CloudWatchMetrics": [directive]}, "Latency": 1, **values})

    log = "\n".join([line(campaign="a"), line(campaign="a"), '{"level": "INFO"}', line(campaign="b")])
    assert metrics_in(log) == {("n", "Latency", "campaign=a"), ("n", "Latency", "campaign=b")}


@pytest.mark.slow
def test_benchmark_prints_and_stores_the_units_of_each_call(tmp_path) -> None:
    file = tmp_path / "units.json"
    command = [sys.executable, "-m", "benchmarks.serving.units", "--items", "1000", "--events", "3"]
    subprocess.run([*command, "--times", "3", "--write", file], check=True, capture_output=True, timeout=300)
    units = json.loads(file.read_text())["units"]
    assert units["getRecommendations"]["readUnits"] == 0.5 and units["getRecommendations"]["writeUnits"] == 0
    assert units["getRecommendationsExploring"]["writeUnits"] == 1
    assert units["streamBatch"]["writeUnits"] == 100
    assert 0 < units["putEvents"]["recordBytes"] < 1024
    assert all(one["cpuMs"] > 0 for one in units.values())
