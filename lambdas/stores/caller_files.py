"""The caller's objects in S3: lists of them, and one as a stream that survives a broken connection."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tastemaker.failures import AccessRefused, InvalidLocation, WorkFailedError

ATTEMPTS = 5


@dataclass(frozen=True)
class File:
    bucket: str
    key: str
    size: int
    etag: str | None = None

    @property
    def name(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def is_parquet(self) -> bool:
        return self.key.lower().endswith(".parquet")


class S3Source:
    """Objects read with the role that the caller named."""

    def __init__(self, s3: Any, role: str | None = None) -> None:
        self._s3 = s3
        self._who = role or "the function's own role"

    def files(self, bucket: str, prefix: str) -> Iterator[File]:
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield File(bucket, entry["Key"], entry["Size"], entry.get("ETag"))
        except ClientError as error:
            raise self._refused(error, f"s3://{bucket}/{prefix}", "s3:ListBucket") from error

    def open(self, file: File) -> io.RawIOBase:
        return S3Stream(self._s3, file, self._refused)

    def _refused(self, error: ClientError, name: str, permission: str) -> WorkFailedError:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in {"NoSuchBucket", "NoSuchKey", "404"}:
            return InvalidLocation(name, "no such bucket or object")
        if code in {"AccessDenied", "403", "AllAccessDisabled"}:
            return AccessRefused(f"{self._who} may not read {name}; it needs {permission} there")
        if code in {"PreconditionFailed", "412"}:
            return InvalidLocation(name, "the object was replaced while it was being read")
        return WorkFailedError(f"S3 could not serve {name}: {error}")


class S3Stream(io.RawIOBase):
    """One object read from front to back over one connection, taken up again where it broke.

    The object's ETag is demanded on every later connection, so a file that is replaced midway is not mixed
    with its successor.
    """

    def __init__(self, s3: Any, file: File, refused: Any) -> None:
        self._s3, self._file, self._refused = s3, file, refused
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
                raise self._refused(error, self._file.name, "s3:GetObject") from error
            except (BotoCoreError, OSError) as error:
                self._drop()
                failures += 1
                if failures == ATTEMPTS:
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
