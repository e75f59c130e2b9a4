"""Figures as CloudWatch metrics.

A metric has the name that the caller gave it, and two dimensions: DatasetGroupArn and EventAttributionSource.
Names of metrics and of sources are in capitals there, as the service writes them (countViews is COUNTVIEWS,
mail is MAIL); ARNs stay as they are. The statistics Sum and SampleCount are what SUM() and SAMPLECOUNT() ask
for; figures of the same quarter of an hour add up there.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from tastemaker.attribution import Figure
from tastemaker.attribution.sources import capitals
from tastemaker.failures import WorkFailedError

CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1})
"""No second attempt: a request whose answer was lost may have been taken."""
VALUE_LENGTH = 1024


class RefusedError(WorkFailedError):
    """CloudWatch did not take a request, and will not have counted any of it."""


class CloudWatch:
    """`client` is a CloudWatch client that makes one attempt (`CONFIG`)."""

    def __init__(self, client: Any, namespace: str, group_arn: str) -> None:
        self._client, self._namespace, self._group = client, namespace, group_arn

    def send(self, figures: Sequence[Figure]) -> None:
        """Put the figures in one request. Raises RefusedError, and WorkFailedError if nobody can tell."""
        try:
            self._client.put_metric_data(
                Namespace=self._namespace, MetricData=list(map(self._datum, figures))
            )
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            raise RefusedError(f"CloudWatch could not be reached: {error}") from error
        except ClientError as error:
            kind = (
                RefusedError
                if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500
                else WorkFailedError
            )
            raise kind(f"CloudWatch did not take the metrics: {error}") from error
        except BotoCoreError as error:
            raise WorkFailedError(f"CloudWatch may not have taken the metrics: {error}") from error

    def _datum(self, figure: Figure) -> dict[str, Any]:
        return {
            "MetricName": capitals(figure.metric),
            "Dimensions": [
                {"Name": "DatasetGroupArn", "Value": self._group},
                {"Name": "EventAttributionSource", "Value": ascii_of(capitals(figure.source))},
            ],
            "Timestamp": datetime.fromtimestamp(figure.at, UTC),
            "StatisticValues": {
                "SampleCount": float(figure.number),
                "Sum": figure.total,
                "Minimum": figure.least,
                "Maximum": figure.most,
            },
        }


def ascii_of(text: str) -> str:
    """A source as CloudWatch takes it: printable ASCII, not only blanks, 1,024 characters. Other characters
    stand as escapes, so that sources stay different."""
    plain = "".join(one if " " <= one <= "~" else ascii(one)[1:-1] for one in text)
    return plain[:VALUE_LENGTH] if plain.strip() else "(blank)"
