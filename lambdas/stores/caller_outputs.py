"""Files in the caller's bucket, sent as they grow: memory holds one or two parts of a file."""

from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from lambdas.stores.caller_errors import is_missing_bucket, write_error
from tastemaker.files import Location

PART_BYTES = 16 << 20
"""S3 takes at most 10,000 parts: files of up to 160 GB."""


class OutputFolder:
    """A folder of the caller, `s3://bucket/folder/`.

    `client` is an S3 client, `identity` names its role in error messages, and `kms_key` is the ARN of a key
    to encrypt with. A file that is larger than `part_bytes` is sent in several parts.
    """

    def __init__(
        self,
        client: Any,
        location: Location,
        *,
        identity: str,
        kms_key: str | None = None,
        part_bytes: int = PART_BYTES,
    ) -> None:
        self._client, self._identity, self._part_bytes = client, identity, part_bytes
        self.bucket = location.bucket
        folder = location.key.strip("/")
        self.prefix = f"{folder}/" if folder else ""
        self._encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}

    def check(self) -> None:
        """Raises WorkFailedError if the bucket does not exist, before a job works for hours.

        A role may be allowed to write objects and not to see the bucket. Then the first write decides.
        """
        try:
            self._client.head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if is_missing_bucket(error):
                uri = f"s3://{self.bucket}"
                raise write_error(error, uri, identity=self._identity, bucket=self.bucket) from error

    def write(self, name: str, chunks: Iterable[bytes]) -> int:
        """Store one file in place of an earlier one, completely or not at all. Returns its size in bytes.

        Raises AccessRefused and WorkFailedError.
        """
        target = {"Bucket": self.bucket, "Key": self.prefix + name}
        parts = _sized(chunks, self._part_bytes)
        try:
            first = next(parts, b"")
            second = next(parts, None)
            if second is None:
                self._client.put_object(Body=first, **target, **self._encryption)
                return len(first)
            return self._multipart(target, [first, second], parts)
        except ClientError as error:
            uri = f"s3://{self.bucket}/{self.prefix}{name}"
            raise write_error(error, uri, identity=self._identity, bucket=self.bucket) from error

    def _multipart(self, target: dict[str, str], first: list[bytes], rest: Iterable[bytes]) -> int:
        upload = self._client.create_multipart_upload(**target, **self._encryption)["UploadId"]
        try:
            done: list[dict[str, Any]] = []
            total = 0
            for part in _chain(first, rest):
                number = len(done) + 1
                answer = self._client.upload_part(Body=part, PartNumber=number, UploadId=upload, **target)
                done.append({"PartNumber": number, "ETag": answer["ETag"]})
                total += len(part)
            self._client.complete_multipart_upload(UploadId=upload, MultipartUpload={"Parts": done}, **target)
        except BaseException:
            self._client.abort_multipart_upload(UploadId=upload, **target)
            raise
        return total


def _chain(first: list[bytes], rest: Iterable[bytes]) -> Iterable[bytes]:
    while first:  # removed one by one, so that no part stays in memory after it was sent
        yield first.pop(0)
    yield from rest


def _sized(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of `size` bytes, of which the last one is shorter."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= size:
            yield bytes(buffer[:size])
            del buffer[:size]
    if buffer:
        yield bytes(buffer)
