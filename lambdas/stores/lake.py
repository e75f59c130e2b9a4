"""The client of the lake bucket."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

MAX_ATTEMPTS = 5


class DeletionError(Exception):
    """An object in the lake could not be deleted."""


class ConcurrentWriteError(Exception):
    """Others write the same object at the same time."""


class LakeBucket:
    """A `Lake`. `client` is an S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client, self.bucket = client, bucket

    def objects(self, prefix: str, after: str = "") -> Iterator[tuple[str, float]]:
        """The keys under a prefix that come after a key, in order, each with the time of its last write.

        Times are in seconds since 1970.
        """
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, **({"StartAfter": after} if after else {})
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield entry["Key"], entry["LastModified"].timestamp()

    def size(self, prefix: str) -> int:
        """The size of all objects under a prefix, in bytes."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return sum(entry["Size"] for page in pages for entry in page.get("Contents", []))

    def read(self, key: str) -> str:
        """The text of an object. Raises LookupError if the object does not exist."""
        try:
            body: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.client.exceptions.NoSuchKey:
            raise LookupError(f"There is no object {self.uri(key)}.") from None
        return body.decode()

    def write(self, key: str, text: str) -> None:
        """Store a text and replace what is there."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def create(self, key: str, text: str) -> bool:
        """Store a text unless the object exists. Returns False if it exists, and leaves it as it is.

        Raises ConcurrentWriteError if other writers create the object at the same time.
        """
        for _ in range(MAX_ATTEMPTS):
            try:
                self.client.put_object(Bucket=self.bucket, Key=key, Body=text.encode(), IfNoneMatch="*")
                return True
            except ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status == 412:
                    return False
                if status != 409:  # S3 answers 409 while another writer creates the object: try again
                    raise
        raise ConcurrentWriteError(f"{self.uri(key)} is being written by others; try again.")

    def upload(self, key: str, path: Path) -> None:
        """Store a local file."""
        with path.open("rb") as file:
            self.client.put_object(Bucket=self.bucket, Key=key, Body=file)

    def replace(self, key: str, path: Path, *, etag: str | None, metadata: Mapping[str, str]) -> None:
        """Store a local file in place of the version `etag`; None means that there is no object yet.

        Raises ConcurrentWriteError if the object is another one by now, or was deleted.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        try:
            with path.open("rb") as file:
                self.client.put_object(
                    Bucket=self.bucket, Key=key, Body=file, Metadata=dict(metadata), **condition
                )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 409, 412):
                raise ConcurrentWriteError(f"{self.uri(key)} was written by others meanwhile.") from error
            raise

    def version(self, key: str) -> tuple[str, Mapping[str, str]]:
        """The ETag and the metadata of an object. Raises LookupError if it does not exist."""
        try:
            answer = self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise LookupError(f"There is no object {self.uri(key)}.") from None
            raise
        return answer["ETag"], answer["Metadata"]

    def metadata(self, key: str) -> Mapping[str, str]:
        """The metadata of an object. Raises LookupError if it does not exist."""
        return self.version(key)[1]

    def download(self, key: str, path: Path) -> None:
        """Write an object to a local file, one piece at a time."""
        body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"]
        with path.open("wb") as file:
            while piece := body.read(1 << 20):
                file.write(piece)

    def uri(self, key: str) -> str:
        """The S3 URI of a key."""
        return f"s3://{self.bucket}/{key}"

    def purge(self, prefix: str, until: float, clock: Callable[[], float] = time.monotonic) -> bool:
        """Delete all objects under a prefix, page by page.

        Returns False if the time `until`, measured on `clock`, came first. Raises DeletionError.
        """
        while True:
            page = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
            keys = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
            if not keys:
                return True
            self.delete(keys)
            if clock() >= until:
                return False

    def delete(self, objects: list[dict[str, str]]) -> None:
        """Delete up to 1,000 objects (`Key`) or versions of objects (`Key`, `VersionId`).

        Raises DeletionError.
        """
        if not objects:
            return
        answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
        if answer.get("Errors"):
            error = answer["Errors"][0]
            raise DeletionError(f"{self.uri(error['Key'])} could not be deleted: {error.get('Message')}")
