"""Files in the caller's bucket, written as they grow: nothing larger than a part is held in memory."""

from collections.abc import Iterable
from typing import Any, NoReturn
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from tastemaker.failures import AccessRefused, WorkFailedError

PART_BYTES = 16 << 20
"""S3 takes at most 10,000 parts: files of up to 160 GB."""


class OutputFolder:
    """`s3://bucket/folder/`, written with the role that the caller named. `client` is an S3 client."""

    def __init__(
        self, client: Any, location: str, *, who: str, key: str | None = None, part_bytes: int = PART_BYTES
    ) -> None:
        """`key`: the ARN of a KMS key to encrypt with."""
        self._client, self._who, self._part_bytes = client, who, part_bytes
        self.bucket = urlsplit(location).netloc
        folder = location.removeprefix(f"s3://{self.bucket}").strip("/")
        self.prefix = f"{folder}/" if folder else ""
        self._extra = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}

    def write(self, name: str, chunks: Iterable[bytes]) -> int:
        """Store one file, whole or not at all, in place of an earlier one. Returns its bytes.

        Raises AccessRefused, WorkFailedError.
        """
        place = {"Bucket": self.bucket, "Key": self.prefix + name}
        parts = _sized(chunks, self._part_bytes)
        try:
            first = next(parts, b"")
            second = next(parts, None)
            if second is None:
                self._client.put_object(Body=first, **place, **self._extra)
                return len(first)
            return self._multipart(place, [first, second], parts)
        except ClientError as error:
            self._refuse(error, f"s3://{self.bucket}/{self.prefix}{name}")

    def _multipart(self, place: dict[str, str], begun: list[bytes], rest: Iterable[bytes]) -> int:
        upload = self._client.create_multipart_upload(**place, **self._extra)["UploadId"]
        try:
            done: list[dict[str, Any]] = []
            total = 0
            for part in _chain(begun, rest):
                number = len(done) + 1
                answer = self._client.upload_part(Body=part, PartNumber=number, UploadId=upload, **place)
                done.append({"PartNumber": number, "ETag": answer["ETag"]})
                total += len(part)
            self._client.complete_multipart_upload(UploadId=upload, MultipartUpload={"Parts": done}, **place)
        except BaseException:
            self._client.abort_multipart_upload(UploadId=upload, **place)
            raise
        return total

    def _refuse(self, error: ClientError, name: str) -> NoReturn:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in {"NoSuchBucket", "404"}:
            raise WorkFailedError(f"Invalid S3 output path: there is no bucket {self.bucket}.") from error
        if code in {"AccessDenied", "403", "AllAccessDisabled"}:
            raise AccessRefused(f"{self._who} may not write {name}; it needs s3:PutObject there") from error
        raise WorkFailedError(f"S3 did not take {name}: {error}") from error


def _chain(begun: list[bytes], rest: Iterable[bytes]) -> Iterable[bytes]:
    while begun:  # given away one by one, so that no part is kept longer than it takes to send it
        yield begun.pop(0)
    yield from rest


def _sized(chunks: Iterable[bytes], size: int) -> Any:
    """The same bytes in pieces of `size`, the last one shorter."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= size:
            yield bytes(buffer[:size])
            del buffer[:size]
    if buffer:
        yield bytes(buffer)
