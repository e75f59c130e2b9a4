"""Tests of figures that are sent to CloudWatch."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from lambdas.attribution.cloudwatch import CloudWatch, RefusedError, ascii_of
from tastemaker.attribution import Figure
from tastemaker.failures import WorkFailedError
from tests.lambdas.attribution.shop import GROUP, HOME, QUARTER

FIGURES = [
    Figure("income", HOME, QUARTER, 2, 6.0, 2.0, 4.0),
    Figure("income", "mail", QUARTER, 1, 9.0, 9.0, 9.0),
]


def test_sums_and_counts_of_a_quarter_add_up(aws: Any) -> None:
    client = boto3.client("cloudwatch", "eu-west-1")
    metrics = CloudWatch(client, "tastemaker-test/MetricAttribution", GROUP)
    metrics.send(FIGURES)
    metrics.send(FIGURES[:1])
    moment = datetime.fromtimestamp(QUARTER, UTC)
    (point,) = client.get_metric_statistics(
        Namespace="tastemaker-test/MetricAttribution",
        MetricName="INCOME",
        Dimensions=[
            {"Name": "DatasetGroupArn", "Value": GROUP},
            {"Name": "EventAttributionSource", "Value": HOME},
        ],
        StartTime=moment,
        EndTime=moment + timedelta(minutes=15),
        Period=900,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["Timestamp"]) == (12.0, 4.0, moment)
    listed = client.list_metrics(Namespace="tastemaker-test/MetricAttribution")["Metrics"]
    values = {one["Value"] for metric in listed for one in metric["Dimensions"]}
    assert values == {GROUP, HOME, "MAIL"}


class Broken:
    """A client whose requests fail."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def put_metric_data(self, **request: Any) -> None:
        raise self.error


def answer(status: int) -> ClientError:
    response: Any = {"Error": {"Code": "X"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutMetricData")


@pytest.mark.parametrize("error", [answer(403), answer(400), EndpointConnectionError(endpoint_url="x")])
def test_error_of_a_rejected_request_is_a_refusal(error: Exception) -> None:
    with pytest.raises(RefusedError):
        CloudWatch(Broken(error), "n", GROUP).send(FIGURES)


@pytest.mark.parametrize("error", [answer(500), ReadTimeoutError(endpoint_url="x")])
def test_error_of_a_request_that_may_have_taken_effect_is_not_a_refusal(error: Exception) -> None:
    with pytest.raises(WorkFailedError) as raised:
        CloudWatch(Broken(error), "n", GROUP).send(FIGURES)
    assert not isinstance(raised.value, RefusedError)


def test_source_is_escaped_to_ascii() -> None:
    assert ascii_of(HOME) == HOME
    assert ascii_of("Käufe\n") == "K\\xe4ufe\\n" and ascii_of(" ") == "(blank)"
    assert len(ascii_of("ä" * 1000)) == 1024
