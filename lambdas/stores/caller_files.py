"""The caller's objects in S3: lists, and streams that survive broken connections."""

import io
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.stores.caller_errors import OWN_ROLE, read_error
from tastemaker.failures import WorkFailedError
from tastemaker.files import File

MAX_ATTEMPTS = 5


class S3Source:
    """A `Source` on S3. `identity` names the role of the client in error messages."""

    def __init__(self, s3: Any, identity: str = OWN_ROLE) -> None:
        self._s3, self._identity = s3, identity

    def files(self, bucket: str, prefix: str) -> Iterator[File]:
        """Every object under the prefix. Raises InvalidLocation, AccessRefused and WorkFailedError."""
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield File(bucket, entry["Key"], entry["Size"], entry.get("ETag"))
        except ClientError as error:
            name = f"s3://{bucket}/{prefix}"
            raise read_error(error, name, identity=self._identity, permission="s3:ListBucket") from error

    def open(self, file: File) -> io.RawIOBase:
        """The object's bytes. Reading raises InvalidLocation, AccessRefused and WorkFailedError."""
        return S3Stream(self._s3, file, self._identity)


class S3Stream(io.RawIOBase):
    """One object, read from front to back over one connection that is resumed where it breaks.

    Every later connection demands the object's ETag, so that a file that is replaced meanwhile is never mixed
    with its successor.
    """

    def __init__(self, s3: Any, file: File, identity: str) -> None:
        self._s3, self._file, self._identity = s3, file, identity
        self._body: Any = None
        self._position = 0
        self._etag = file.etag

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        if base + offset != self._position:
            self._position = base + offset
            self._drop()
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self.read(max(0, self._file.size - self._position))

    def read(self, size: int = -1) -> bytes:
        if size is None or size < 0:
            return self.readall()
        want = min(size, self._file.size - self._position)
        pieces: list[bytes] = []
        failures = 0
        while want > 0:
            try:
                piece = self._connected().read(want)
                if not piece:
                    raise OSError("the connection ended early")
            except ClientError as error:
                raise read_error(
                    error, self._file.name, identity=self._identity, permission="s3:GetObject"
                ) from error
            except (BotoCoreError, OSError) as error:
                self._drop()
                failures += 1
                if failures == MAX_ATTEMPTS:
                    raise WorkFailedError(f"S3 could not serve {self._file.name}: {error}") from error
                continue
            pieces.append(piece)
            want -= len(piece)
            self._position += len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        self._drop()
        super().close()

    def _connected(self) -> Any:
        if self._body is None:
            request: dict[str, Any] = {"Bucket": self._file.bucket, "Key": self._file.key}
            if self._position:
                request["Range"] = f"bytes={self._position}-"
            if self._etag:
                request["IfMatch"] = self._etag
            answer = self._s3.get_object(**request)
            self._etag, self._body = answer["ETag"], answer["Body"]
        return self._body

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
