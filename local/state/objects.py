"""Objects in buckets: which ones a request has changed, and how they come back.

The bytes of an object are in a file of the state's directory, and nowhere else: moto reads them from there.
The parts of a multipart upload are kept when it is complete. The number of its parts is not.
"""

from __future__ import annotations

import datetime
import re
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

from moto.s3.models import FakeAcl, FakeDeleteMarker, FakeGrant, FakeGrantee, FakeKey, S3Backend, s3_backends
from moto.s3.utils import _VersionedKeyStore

from local.account import Account
from local.http.messages import Request, Response
from local.state.directory import StateDirectory
from local.state.journal import Entry

_thread = threading.local()
_IN_PLACE = {"acl", "legal-hold", "restore", "retention", "tagging"}
_VIRTUAL_HOST = re.compile(r"([^.]+)(\.s3)?\.localhost(:\d+)?")
_PLAIN = (
    "bucket_key_enabled",
    "checksum_algorithm",
    "checksum_parts",
    "checksum_type",
    "checksum_value",
    "encryption",
    "kms_key_id",
    "lock_legal_status",
    "lock_mode",
    "lock_until",
    "website_redirect_location",
)
"""Attributes of a version that are kept as they are."""


def install() -> None:
    """Note which keys of which bucket a thread changes; a second call changes nothing."""
    for name in ("__setitem__", "setlist", "pop"):
        method = getattr(_VersionedKeyStore, name)
        if not hasattr(method, "notes"):
            setattr(_VersionedKeyStore, name, _noting(method))


def _noting(method: Callable[..., Any]) -> Callable[..., Any]:
    def noted(self: Any, key: str, *args: Any) -> Any:
        changed = getattr(_thread, "changed", None)
        if changed is not None:
            changed.append((self, key))
        return method(self, key, *args)

    noted.notes = True  # type: ignore[attr-defined]
    return noted


class StoredBytes:
    """The bytes of an object, in the place of the file that moto keeps open for each object."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._position = 0

    def seek(self, position: int) -> int:
        self._position = position
        return position

    def read(self, size: int = -1) -> bytes:
        with self.file.open("rb") as opened:
            opened.seek(self._position)
            found = opened.read(size)
        self._position += len(found)
        return found

    def close(self) -> None:
        """The file stays: the next run removes it if no object has it."""


class Objects:
    """The objects of the account."""

    def __init__(self, account: Account, directory: StateDirectory) -> None:
        self._account = account
        self._directory = directory
        self._backend: S3Backend = s3_backends[account.id][account.partition]
        self._lengths: dict[tuple[str, str], int] = {}  # versions of each object that the journal has

    def is_of_bucket(self, request: Request) -> bool:
        """Whether a request changes a bucket and none of its objects."""
        bucket, key = location(request)
        many = request.method == "POST" and "delete" in request.parameters
        return bool(bucket) and not key and not many

    def observe(
        self, request: Request, answer: Callable[[Request], Response]
    ) -> tuple[Response, list[Entry]]:
        """Answer a request that may change objects, and return the entries of those that it has changed."""
        changed: list[tuple[Any, str]] = []
        _thread.changed = changed
        try:
            response = answer(request)
        finally:
            _thread.changed = None
        bucket_of = {id(bucket.keys): name for name, bucket in self._backend.buckets.items()}
        keys = {(bucket_of[id(store)], key): None for store, key in changed if id(store) in bucket_of}
        entries = [self._entry(bucket, key) for bucket, key in keys]
        if not keys and response.status < 300 and _IN_PLACE & set(request.parameters):
            bucket, key = location(request)
            entries = [self._all_versions(bucket, key)]
        return response, entries

    def _entry(self, bucket: str, key: str) -> Entry:
        versions = self._backend.buckets[bucket].keys.getlist(key, [])
        before = self._lengths.get((bucket, key), 0)
        if before and len(versions) == before + 1 and all(_is_stored(version) for version in versions[:-1]):
            self._lengths[bucket, key] = len(versions)
            return {"type": "version", "bucket": bucket, "key": key, "version": self._describe(versions[-1])}
        return self._all_versions(bucket, key)

    def _all_versions(self, bucket: str, key: str) -> Entry:
        versions = self._backend.buckets[bucket].keys.getlist(key, [])
        self._lengths[bucket, key] = len(versions)
        described = [self._describe(version) for version in versions]
        return {"type": "versions", "bucket": bucket, "key": key, "versions": described}

    def _describe(self, version: FakeKey | FakeDeleteMarker) -> dict[str, Any]:
        """A version as JSON. Its bytes are in a file when this returns."""
        common = {"id": version.version_id, "modified": version.last_modified.isoformat()}
        if isinstance(version, FakeDeleteMarker):
            return common | {"deleted": True}
        if not _is_stored(version):
            self._store(version)
        return common | {
            "file": version._value_buffer.file.name,  # type: ignore[attr-defined]
            "etag": version.etag.strip('"'),
            "size": version.size,
            "versioned": version._is_versioned,
            "storage": version.storage_class,
            "metadata": dict(version.metadata),
            "acl": _acl_to_json(version.acl),
            "tags": self._backend.tagger.get_tag_dict_for_resource(version.arn),
            "expiry": version._expiry and version._expiry.isoformat(),
            **{name: getattr(version, name) for name in _PLAIN},
        }

    def _store(self, version: FakeKey) -> None:
        file = self._directory.new_file()
        with version.lock, file.open("wb") as out:
            version._value_buffer.seek(0)
            shutil.copyfileobj(version._value_buffer, out, 1 << 20)
            version._value_buffer.close()
            version._value_buffer = StoredBytes(file)  # type: ignore[assignment]

    def has_bucket(self, name: str) -> bool:
        """Whether a bucket exists."""
        return name in self._backend.buckets

    def empty(self, bucket: str) -> None:
        """Remove all objects of a bucket that exists."""
        for key in list(self._backend.buckets[bucket].keys):
            self._backend.buckets[bucket].keys.pop(key)

    def restore(self, bucket: str, key: str, versions: list[dict[str, Any]]) -> None:
        """Put all versions of an object back."""
        self._lengths[bucket, key] = len(versions)
        found = [self._version(bucket, key, version) for version in versions]
        self._backend.buckets[bucket].keys.setlist(key, found)

    def _version(self, bucket: str, key: str, saved: Mapping[str, Any]) -> FakeKey | FakeDeleteMarker:
        modified = datetime.datetime.fromisoformat(saved["modified"])
        if saved.get("deleted"):
            marker = FakeDeleteMarker(SimpleNamespace(name=key))  # type: ignore[arg-type]
            marker._version_id, marker.last_modified = saved["id"], modified
            return marker
        version = FakeKey(
            name=key,
            value=b"",
            account_id=self._account.id,
            region_name=self._account.region,
            storage=saved["storage"],
            etag=saved["etag"],
            is_versioned=saved["versioned"],
            version_id=saved["id"],
            bucket_name=bucket,
        )
        version._value_buffer.close()
        version._value_buffer = StoredBytes(self._directory.file(saved["file"]))  # type: ignore[assignment]
        version.contentsize, version.last_modified = saved["size"], modified
        version.set_metadata(dict(saved["metadata"]))
        version.set_acl(_acl_from_json(saved["acl"]))
        version.set_expiry(saved["expiry"] and datetime.datetime.fromisoformat(saved["expiry"]))
        for name in _PLAIN:
            setattr(version, name, saved[name])
        if saved["tags"]:
            tagger = self._backend.tagger
            tagger.tag_resource(version.arn, tagger.convert_dict_to_tags_input(saved["tags"]))
        return version


def location(request: Request) -> tuple[str, str]:
    """The bucket and the key of a request, by its path or by its host."""
    path = request.raw_path.lstrip("/")
    if found := _VIRTUAL_HOST.fullmatch(request.headers.get("host", "")):
        return found.group(1), unquote(path)
    bucket, _, key = path.partition("/")
    return bucket, unquote(key)


def _is_stored(version: FakeKey | FakeDeleteMarker) -> bool:
    return isinstance(version, FakeDeleteMarker) or isinstance(version._value_buffer, StoredBytes)


def _acl_to_json(acl: FakeAcl | None) -> list[dict[str, Any]] | None:
    if acl is None:
        return None
    return [
        {
            "permissions": grant.permissions,
            "grantees": [[one.id, one.uri, one.display_name] for one in grant.grantees],
        }
        for grant in acl.grants
    ]


def _acl_from_json(saved: list[dict[str, Any]] | None) -> FakeAcl | None:
    if saved is None:
        return None
    return FakeAcl(
        [FakeGrant([FakeGrantee(*one) for one in grant["grantees"]], grant["permissions"]) for grant in saved]
    )
