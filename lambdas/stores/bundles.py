"""Model bundles: downloaded from the lake once, then kept on local disk and in memory.

A bundle never changes, so its address is its identity. A bundle on disk is complete, because it is downloaded
into a temporary folder that is renamed at the end. If the disk is full, the least recently used bundle is
removed.

A request that can be answered without the model starts the download in the background (`prefetch`, or
`prepare` for the next model of a campaign). The download runs while requests are answered. Between requests
Lambda freezes the process, unless `finish` runs after the response (`lambdas/support/after_response.py`).

A refreshed bundle has the address `<bundle>#<refresh>`. Only the refresh, which is small, is downloaded and
combined with the bundle on disk.
"""

import json
import os
import shutil
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from tastemaker.contracts.lake_layout import SEARCH_FOLDER
from tastemaker.contracts.model_size import HEADROOM_BYTES, disk_shortage
from tastemaker.errors import TastemakerError
from tastemaker.models.bundle import MANIFEST
from tastemaker.refreshing.assembling import assemble
from tastemaker.serving.loaded import LoadedBundle

THREADS = 8
CHUNK_BYTES = 16 << 20
MAX_OPEN_BUNDLES = 8
PARTIAL_PREFIX = "fetching-"
SEARCH_PREFIX = f"{SEARCH_FOLDER}/"
RETRY_SECONDS = 10.0
"""A background download that failed is started again after so many seconds."""


class BundleMissingError(TastemakerError):
    """There is no bundle at an address."""


class DiskFullError(Exception):
    """A bundle does not fit on the disk beside the bundles that are there."""


class BundleTooLargeError(TastemakerError):
    """A bundle is larger than the disk of the function."""


@dataclass
class _Download:
    """A download in the background; `started` is on the clock of the cache."""

    future: Future[None]
    started: float


class BundleCache:
    """`get` is instant for a bundle in memory, takes milliseconds from disk, and otherwise downloads it."""

    def __init__(
        self,
        s3: Any,
        folder: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        search: bool = False,
    ) -> None:
        """`search` is whether bundles are downloaded with their search index, which ranking does not need."""
        self._s3, self._clock, self._search = s3, clock, search
        self._folder = folder or Path(tempfile.gettempdir()) / "bundles"
        self._open: OrderedDict[str, LoadedBundle] = OrderedDict()
        self._downloads: dict[str, _Download] = {}
        self._downloader: ThreadPoolExecutor | None = None
        self._excused: set[str] = set()
        self.finishes_later = False
        """Whether `finish` is called after each response, so that it can remove bundles from a full disk."""
        self.waits = 0
        """How many calls of `get` had to download, or wait for a download."""

    def has(self, uri: str) -> bool:
        """Return whether `get` needs no model download: the bundle is in memory or on disk."""
        return uri in self._open or self._path(uri.partition("#")[0]).exists()

    def prefetch(self, uri: str, seconds: float) -> bool:
        """Start to download a bundle in the background, and wait at most `seconds` for it.

        Returns False if the download is still running, once for each bundle. Otherwise returns True: the
        caller should call `get`, which waits for a running download and reports why it failed.
        """
        base = uri.partition("#")[0]
        if self.has(uri) or base in self._excused:
            return True
        self._excused.add(base)
        download = self._downloads.get(uri) or self._downloads.get(base) or self._start(base)
        return bool(wait([download.future], seconds).done)

    def ready(self, uri: str) -> bool:
        """Return whether `get` needs neither a download nor a combination: it takes milliseconds."""
        return uri in self._open or self._path(uri).exists()

    def prepare(self, uri: str) -> bool:
        """Start to make a bundle ready in the background, unless that is under way.

        Returns True while it is on its way: the caller should use another bundle. Returns False if the caller
        should call `get`: the bundle is ready, or there is room for it only in place of another one.
        """
        if self.ready(uri):
            return False
        download = self._downloads.get(uri)
        if download is None:
            download = self._start(uri)
        if not download.future.done():
            return True
        error = download.future.exception()
        if isinstance(error, DiskFullError):
            return self.finishes_later
        if isinstance(error, BundleTooLargeError):
            return False
        if self._clock() - download.started >= RETRY_SECONDS:
            self._start(uri)
        return True

    def finish(self, seconds: float) -> None:
        """Complete the downloads in the background within about `seconds`, when no request is answered.

        So a download may now remove other bundles from a full disk. Failures are left to `prepare` and `get`.
        """
        until = self._clock() + seconds
        for uri, download in list(self._downloads.items()):
            wait([download.future], max(until - self._clock(), 0.0))
            if not download.future.done():
                return
            if isinstance(download.future.exception(), DiskFullError):
                download.future = Future()
                try:
                    self._make_ready(uri, evict=True)
                    download.future.set_result(None)
                except Exception as error:
                    download.future.set_exception(error)
            if download.future.exception() is None:
                self._downloads.pop(uri, None)

    def _start(self, uri: str) -> _Download:
        self._downloader = self._downloader or ThreadPoolExecutor(1, "prefetch")
        future = self._downloader.submit(self._make_ready, uri, evict=False)
        download = self._downloads[uri] = _Download(future, self._clock())
        return download

    def get(self, uri: str) -> LoadedBundle:
        """Return the bundle at `s3://bucket/prefix/` or `<bundle>#<refresh>`. Raises BundleMissingError."""
        if uri in self._open:
            self._open.move_to_end(uri)
            return self._open[uri]
        if not self.ready(uri):
            self.waits += 1
        loaded = self._open[uri] = LoadedBundle.open(self._on_disk(uri))
        if len(self._open) > MAX_OPEN_BUNDLES:
            self._open.popitem(last=False)
        return loaded

    def manifest(self, uri: str) -> dict[str, Any]:
        """Return the `bundle.json` of a bundle, without its arrays. Raises BundleMissingError."""
        parts = urlsplit(uri.partition("#")[0])
        key = f"{parts.path.strip('/')}/{MANIFEST}"
        try:
            body = self._s3.get_object(Bucket=parts.netloc, Key=key)["Body"].read()
        except ClientError as error:
            raise BundleMissingError(f"There is no model at {uri}.") from error
        found: dict[str, Any] = json.loads(body)
        return found

    def _path(self, uri: str) -> Path:
        return self._folder / blake2b(uri.encode(), digest_size=12).hexdigest()

    def _on_disk(self, uri: str) -> Path:
        path = self._path(uri)
        for known in (uri, uri.partition("#")[0]):
            download = self._downloads.pop(known, None)
            # One that waits for another one is not waited for. If it failed, the code below tries again and
            # raises the reason.
            if download is not None and not download.future.cancel():
                wait([download.future])
        self._make_ready(uri, evict=True)
        os.utime(path)  # the time of last use
        return path

    def _make_ready(self, uri: str, *, evict: bool) -> None:
        """Bring a bundle to the disk if it is not there. `evict` lets it remove others from a full disk."""
        path = self._path(uri)
        if path.exists():
            return
        base, _, refresh = uri.partition("#")
        if refresh:
            self._make_ready(base, evict=evict)
            self._assemble(self._path(base), refresh, path, evict=evict)
        else:
            self._fetch(base, path, evict=evict)

    def _assemble(self, base: Path, refresh: str, path: Path, *, evict: bool) -> None:
        """Combine a bundle on disk with a refresh.

        Arrays with one row per item are written again, so the disk holds them twice until an unused bundle
        is removed.
        """
        needed = sum(file.stat().st_size for file in base.glob("model/item_*"))
        self._make_room(needed, keep=base, evict=evict)
        with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=self._folder) as partial:
            self._fetch(refresh, Path(partial) / "refresh", evict=evict)
            complete = Path(partial) / "bundle"
            assemble(base, Path(partial) / "refresh", complete)
            _move(complete, path)

    def _fetch(self, uri: str, path: Path, *, evict: bool) -> None:
        parts = urlsplit(uri)
        prefix = parts.path.lstrip("/").rstrip("/") + "/"
        objects = list(self._objects(parts.netloc, prefix))
        if not objects:
            raise BundleMissingError(f"There is no model at {uri}.")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._make_room(sum(size for _, size in objects), keep=path, evict=evict)
        with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=self._folder) as partial:
            complete = Path(partial) / "bundle"
            complete.mkdir()
            self._download(parts.netloc, prefix, objects, complete)
            _move(complete, path)

    def _objects(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                name = entry["Key"].removeprefix(prefix)
                if not name.endswith("/") and (self._search or not name.startswith(SEARCH_PREFIX)):
                    yield entry["Key"], entry["Size"]

    def _download(self, bucket: str, prefix: str, objects: list[tuple[str, int]], folder: Path) -> None:
        """Download files in ranges, so that a large file uses several connections."""
        ranges = []
        for key, size in objects:
            path = folder / key.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.truncate(size)
            ranges += [
                (key, path, start, min(CHUNK_BYTES, size - start)) for start in range(0, size, CHUNK_BYTES)
            ]
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(lambda part: self._range(bucket, *part), ranges):
                pass

    def _range(self, bucket: str, key: str, path: Path, start: int, length: int) -> None:
        response = self._s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{start + length - 1}")
        with path.open("r+b") as file:
            file.seek(start)
            shutil.copyfileobj(response["Body"], file, 1 << 20)

    def _make_room(self, needed: int, keep: Path, *, evict: bool) -> None:
        """Remove bundles, least recently used first, until `needed` bytes fit.

        A background download removes no bundle (`evict`), because a request may be reading it now. Raises
        DiskFullError then, and BundleTooLargeError if the bundle can never fit.
        """
        if self.free() >= needed + HEADROOM_BYTES:
            return
        if shortage := disk_shortage(needed, self.capacity()):
            raise BundleTooLargeError(shortage)
        if not evict:
            raise DiskFullError
        removable = [
            path
            for path in self._folder.iterdir()
            if path != keep and not path.name.startswith(PARTIAL_PREFIX)
        ]
        for path in sorted(removable, key=lambda path: path.stat().st_mtime):
            if self.free() >= needed + HEADROOM_BYTES:
                return
            # An open bundle maps its files when they are first read, so close it too.
            for uri in [uri for uri, loaded in self._open.items() if loaded.bundle.path == path]:
                del self._open[uri]
            shutil.rmtree(path, ignore_errors=True)
        if shortage := disk_shortage(needed, self.free()):
            raise BundleTooLargeError(shortage)

    def free(self) -> int:
        """Return the free bytes of the disk."""
        return shutil.disk_usage(self._folder).free

    def capacity(self) -> int:
        """Return the bytes of the disk."""
        return shutil.disk_usage(self._folder).total


def _move(complete: Path, path: Path) -> None:
    try:
        complete.rename(path)
    except OSError:
        if not path.exists():  # otherwise another process has written the same content first
            raise
