"""The benchmark counts what the functions call."""

import json
import subprocess
import sys

import pytest

from benchmarks.serving.units import metrics_in


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
