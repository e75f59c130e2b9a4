"""Generated texts in the lake, by digest, for all processes. S3 deletes them after `lake.textDays`."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.stores.lake import LakeBucket
from lambdas.support.observability import logger
from tastemaker.contracts.lake_layout import generated_text


class LakeTexts:
    """A TextStore. An error of S3 costs another call of the model, and never the text."""

    def __init__(self, lake: LakeBucket) -> None:
        self._lake = lake

    def get(self, key: str) -> str | None:
        """The text, or None if it is not known."""
        try:
            return self._lake.read(generated_text(key))
        except LookupError:
            return None
        except (BotoCoreError, ClientError) as error:
            if not _may_be_missing(error):
                logger.warning("stored text not read", extra={"error": str(error)})
            return None

    def put(self, key: str, text: str) -> None:
        """Store a text."""
        try:
            self._lake.write(generated_text(key), text)
        except (BotoCoreError, ClientError) as error:
            logger.warning("text not stored", extra={"error": str(error)})


def _may_be_missing(error: Exception) -> bool:
    """Whether the text may only be missing: S3 says so to those alone who may list the whole bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, Permissions. If texts are really
    denied, storing one warns.
    """
    return isinstance(error, ClientError) and error.response["Error"]["Code"] == "AccessDenied"
