"""Metrics with several dimensions, as CloudWatch finds them."""

from datetime import UTC, datetime, timedelta

import pytest

NAMESPACE = "Order"
DIMENSIONS = [{"Name": "DatasetGroup", "Value": "zz"}, {"Name": "Source", "Value": "A"}]


@pytest.fixture
def cloudwatch(local):
    client = local.client("cloudwatch")
    for hour in range(3):
        for source in "AB":
            client.put_metric_data(
                Namespace=NAMESPACE,
                MetricData=[
                    {
                        "MetricName": "Clicks",
                        "Dimensions": [DIMENSIONS[0], {"Name": "Source", "Value": source}],
                        "Timestamp": datetime.now(UTC) - timedelta(hours=hour),
                        "Value": 2 if source == "A" else 9,
                    }
                ],
            )
    return client


@pytest.mark.parametrize("dimensions", [DIMENSIONS, DIMENSIONS[::-1]])
def test_metric_is_found_with_its_dimensions_in_any_order(cloudwatch, dimensions):
    now = datetime.now(UTC)
    metric = {"Namespace": NAMESPACE, "MetricName": "Clicks", "Dimensions": dimensions}
    found = cloudwatch.get_metric_data(
        StartTime=now - timedelta(minutes=30),
        EndTime=now + timedelta(minutes=1),
        MetricDataQueries=[{"Id": "q", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Average"}}],
    )
    assert found["MetricDataResults"][0]["Values"] == [2]


def test_metric_with_several_data_is_listed_once(cloudwatch):
    listed = cloudwatch.list_metrics(Namespace=NAMESPACE)["Metrics"]
    sources = [{one["Name"]: one["Value"] for one in metric["Dimensions"]}["Source"] for metric in listed]
    assert sorted(sources) == ["A", "B"]
