"""Figures as CloudWatch metrics.

A metric has the name that the caller gave it, and two dimensions: DatasetGroupArn and EventAttributionSource.
Names of metrics and sources are in upper case, as the service writes them (countViews is COUNTVIEWS); ARNs
are not changed. The statistics Sum and SampleCount are the results of SUM() and SAMPLECOUNT(). CloudWatch
adds up figures of the same quarter of an hour.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from tastemaker.attribution import Figure
from tastemaker.attribution.sources import upper_case
from tastemaker.failures import WorkFailedError

CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})
"""A single attempt: a request whose response was lost may have taken effect."""
MAX_VALUE_LENGTH = 1024


class RefusedError(WorkFailedError):
    """CloudWatch refused a request, which certainly did not take effect."""


class CloudWatch:
    """The metrics of a dataset group. `client` is a CloudWatch client that makes one attempt (`CONFIG`)."""

    def __init__(self, client: Any, namespace: str, group_arn: str) -> None:
        self._client, self._namespace, self._group = client, namespace, group_arn

    def send(self, figures: Sequence[Figure]) -> None:
        """Send the figures in one request.

        Raises RefusedError, or WorkFailedError if the request may have taken effect.
        """
        try:
            self._client.put_metric_data(
                Namespace=self._namespace, MetricData=list(map(self._datum, figures))
            )
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            raise RefusedError(f"CloudWatch could not be reached: {error}") from error
        except ClientError as error:
            error_type = (
                RefusedError
                if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500
                else WorkFailedError
            )
            raise error_type(f"CloudWatch did not take the metrics: {error}") from error
        except BotoCoreError as error:
            raise WorkFailedError(f"CloudWatch may not have taken the metrics: {error}") from error

    def _datum(self, figure: Figure) -> dict[str, Any]:
        return {
            "MetricName": upper_case(figure.metric),
            "Dimensions": [
                {"Name": "DatasetGroupArn", "Value": self._group},
                {"Name": "EventAttributionSource", "Value": ascii_of(upper_case(figure.source))},
            ],
            "Timestamp": datetime.fromtimestamp(figure.time, UTC),
            "StatisticValues": {
                "SampleCount": float(figure.sample_count),
                "Sum": figure.total,
                "Minimum": figure.minimum,
                "Maximum": figure.maximum,
            },
        }


def ascii_of(text: str) -> str:
    """A source as a value that CloudWatch accepts: up to 1,024 printable ASCII characters, not only blanks.

    Other characters are written as escapes, so that different sources stay different.
    """
    plain = "".join(one if " " <= one <= "~" else ascii(one)[1:-1] for one in text)
    return plain[:MAX_VALUE_LENGTH] if plain.strip() else "(blank)"
