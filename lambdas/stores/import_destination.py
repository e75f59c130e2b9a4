"""The lake as the destination of an import."""

from pathlib import Path
from typing import Any


class S3Destination:
    """A `Destination` on the lake bucket. `s3` is a boto3 client with the function's own role."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def put(self, path: Path, key: str) -> None:
        """Upload the local file."""
        self._s3.upload_file(str(path), self._bucket, key)

    def clear(self, prefix: str) -> None:
        """Delete all objects under the prefix."""
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", ())]
            if keys:
                self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})
