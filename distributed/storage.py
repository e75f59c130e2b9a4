"""The storage of the programs: the lake bucket, or a folder in its place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Storage:
    """`s3://bucket`, or the path of a folder. Spark can send it to other machines."""

    root: str

    def fetch(self, key: str, scratch: Path) -> Path:
        """An object as a local file, which is copied to `scratch` unless it is local."""
        if not self._bucket:
            return Path(self.root) / key
        target = scratch / key.replace("/", "_")
        _s3().download_file(self._bucket, key, str(target))
        return target

    def store(self, path: Path, key: str) -> None:
        """Store a local file and replace what is there."""
        if self._bucket:
            _s3().upload_file(str(path), self._bucket, key)
        else:
            self._write(key, path.read_bytes())

    def read(self, key: str) -> Any:
        """The JSON document of an object."""
        if not self._bucket:
            return json.loads((Path(self.root) / key).read_bytes())
        return json.loads(_s3().get_object(Bucket=self._bucket, Key=key)["Body"].read())

    def write(self, key: str, document: Any) -> None:
        """Store a JSON document."""
        data = json.dumps(document).encode()
        if self._bucket:
            _s3().put_object(Bucket=self._bucket, Key=key, Body=data)
        else:
            self._write(key, data)

    def uri(self, key: str) -> str:
        """The URI of an object in a manifest."""
        return f"{self.root}/{key}"

    @property
    def _bucket(self) -> str:
        return self.root.removeprefix("s3://") if self.root.startswith("s3://") else ""

    def _write(self, key: str, data: bytes) -> None:
        target = Path(self.root) / key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


@cache
def _s3() -> Any:
    import boto3  # not needed for a folder

    return boto3.client("s3")
