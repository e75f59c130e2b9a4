"""The lake bucket: the door to S3."""

import time
from collections.abc import Callable, Iterator
from typing import Any


class LakeBucket:
    """A ``Lake``. ``client`` is an S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client, self.bucket = client, bucket

    def objects(self, prefix: str) -> Iterator[tuple[str, float]]:
        """Keys under a prefix in their order, with the time each was written (seconds since 1970)."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", []):
                yield entry["Key"], entry["LastModified"].timestamp()

    def read(self, key: str) -> str:
        """An object's text. Raises LookupError if there is none."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()
        except self.client.exceptions.NoSuchKey:
            raise LookupError(f"There is no object {self.uri(key)}.") from None

    def write(self, key: str, text: str) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def purge(self, prefix: str, until: float, clock: Callable[[], float] = time.monotonic) -> bool:
        """Delete what is under a prefix, page by page. False if ``until`` (on ``clock``) came first."""
        while True:
            page = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
            if not keys:
                return True
            answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": keys, "Quiet": True})
            if answer.get("Errors"):
                error = answer["Errors"][0]
                raise PurgeError(f"{self.uri(error['Key'])} could not be deleted: {error.get('Message')}")
            if clock() >= until:
                return False


class PurgeError(Exception):
    """An object in the lake could not be deleted."""
