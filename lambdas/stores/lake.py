"""The lake bucket: the door to S3."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

ATTEMPTS = 5


class LakeBucket:
    """A `Lake`. `client` is an S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client, self.bucket = client, bucket

    def objects(self, prefix: str, after: str = "") -> Iterator[tuple[str, float]]:
        """Keys under a prefix in their order, those that come after a key, with the time each was written
        (seconds since 1970)."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, **({"StartAfter": after} if after else {})
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield entry["Key"], entry["LastModified"].timestamp()

    def size(self, prefix: str) -> int:
        """Bytes of all objects under a prefix."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return sum(entry["Size"] for page in pages for entry in page.get("Contents", []))

    def read(self, key: str) -> str:
        """An object's text. Raises LookupError if there is none."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()
        except self.client.exceptions.NoSuchKey:
            raise LookupError(f"There is no object {self.uri(key)}.") from None

    def write(self, key: str, text: str) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def create(self, key: str, text: str) -> bool:
        """Store an object if there is none of that name. False: there is one, and it stays."""
        for _ in range(ATTEMPTS):
            try:
                self.client.put_object(Bucket=self.bucket, Key=key, Body=text.encode(), IfNoneMatch="*")
                return True
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status == 412:
                    return False
                if status != 409:  # another writer at the same moment: S3 wants to be asked again
                    raise
        raise BusyError(f"{self.uri(key)} is being written by others; try again.")

    def upload(self, key: str, path: Path) -> None:
        """Store a file."""
        with path.open("rb") as file:
            self.client.put_object(Bucket=self.bucket, Key=key, Body=file)

    def download(self, key: str, path: Path) -> None:
        """Fetch an object into a file, a piece at a time."""
        body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"]
        with path.open("wb") as file:
            while piece := body.read(1 << 20):
                file.write(piece)

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def purge(self, prefix: str, until: float, clock: Callable[[], float] = time.monotonic) -> bool:
        """Delete what is under a prefix, page by page. False if `until` (on `clock`) came first."""
        while True:
            page = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
            if not keys:
                return True
            self.delete(keys)
            if clock() >= until:
                return False

    def delete(self, objects: list[dict[str, str]]) -> None:
        """Delete up to 1,000 objects, {"Key"} each, or versions of objects. Raises PurgeError."""
        if not objects:
            return
        answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
        if answer.get("Errors"):
            error = answer["Errors"][0]
            raise PurgeError(f"{self.uri(error['Key'])} could not be deleted: {error.get('Message')}")


class PurgeError(Exception):
    """An object in the lake could not be deleted."""


class BusyError(Exception):
    """Others write the same object at the same moment."""
