"""Model bundles: downloaded from the lake once, then kept on local disk and in memory.

A bundle never changes, so its address is its identity. A bundle on disk is complete, because it is downloaded
into a temporary folder that is renamed at the end. If the disk is full, the least recently used bundle is
removed.

A request that can be answered without the model starts the download in the background (`prefetch`). The
download runs while requests are answered; between requests Lambda freezes the process.

A refreshed bundle has the address `<bundle>#<refresh>`. Only the refresh, which is small, is downloaded and
combined with the bundle on disk.
"""

import os
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tastemaker.errors import TastemakerError
from tastemaker.refreshing.assembling import assemble
from tastemaker.serving.loaded import LoadedBundle

THREADS = 8
CHUNK_BYTES = 16 << 20
MAX_OPEN_BUNDLES = 8
HEADROOM_BYTES = 32 << 20
PARTIAL_PREFIX = "fetching-"


class BundleMissingError(TastemakerError):
    """There is no bundle at an address."""


class DiskFullError(Exception):
    """A bundle does not fit on the disk beside the bundles that are there."""


class BundleCache:
    """`get` is instant for a bundle in memory, takes milliseconds from disk, and otherwise downloads it."""

    def __init__(self, s3: Any, folder: Path | None = None) -> None:
        self._s3 = s3
        self._folder = folder or Path(tempfile.gettempdir()) / "bundles"
        self._open: OrderedDict[str, LoadedBundle] = OrderedDict()
        self._downloads: dict[Path, Future[None]] = {}
        self._downloader: ThreadPoolExecutor | None = None

    def has(self, uri: str) -> bool:
        """Return whether `get` needs no model download: the bundle is in memory or on disk."""
        return uri in self._open or self._path(uri.partition("#")[0]).exists()

    def prefetch(self, uri: str, seconds: float) -> bool:
        """Start to download a bundle in the background, and wait at most `seconds` for it.

        Returns False if this call started a download that is still running. Otherwise returns True: the
        caller should call `get`, which waits for a running download and reports why it failed.
        """
        base = uri.partition("#")[0]
        path = self._path(base)
        if self.has(uri) or path in self._downloads:
            return True
        self._downloader = self._downloader or ThreadPoolExecutor(1, "prefetch")
        download = self._downloads[path] = self._downloader.submit(self._fetch, base, path, evict=False)
        return bool(wait([download], seconds).done)

    def get(self, uri: str) -> LoadedBundle:
        """Return the bundle at `s3://bucket/prefix/` or `<bundle>#<refresh>`. Raises BundleMissingError."""
        if uri in self._open:
            self._open.move_to_end(uri)
            return self._open[uri]
        loaded = self._open[uri] = LoadedBundle.open(self._on_disk(uri))
        if len(self._open) > MAX_OPEN_BUNDLES:
            self._open.popitem(last=False)
        return loaded

    def _path(self, uri: str) -> Path:
        return self._folder / blake2b(uri.encode(), digest_size=12).hexdigest()

    def _on_disk(self, uri: str) -> Path:
        path = self._path(uri)
        if (download := self._downloads.pop(path, None)) is not None:
            wait([download])  # if it failed, the code below tries again and raises the reason
        if not path.exists():
            base, _, refresh = uri.partition("#")
            if refresh:
                self._assemble(self._on_disk(base), refresh, path)
            else:
                self._fetch(base, path)
        os.utime(path)  # the time of last use
        return path

    def _assemble(self, base: Path, refresh: str, path: Path) -> None:
        """Combine a bundle on disk with a refresh.

        Arrays with one row per item are written again, so the disk holds them twice until an unused bundle
        is removed.
        """
        self._make_room(sum(file.stat().st_size for file in base.glob("model/item_*")), keep=base)
        with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=self._folder) as partial:
            self._fetch(refresh, Path(partial) / "refresh")
            complete = Path(partial) / "bundle"
            assemble(base, Path(partial) / "refresh", complete)
            _move(complete, path)

    def _fetch(self, uri: str, path: Path, *, evict: bool = True) -> None:
        parts = urlsplit(uri)
        prefix = parts.path.lstrip("/").rstrip("/") + "/"
        objects = list(self._objects(parts.netloc, prefix))
        if not objects:
            raise BundleMissingError(f"There is no model at {uri}.")
        self._folder.mkdir(parents=True, exist_ok=True)
        needed = sum(size for _, size in objects)
        if evict:
            self._make_room(needed, keep=path)
        elif self.free() < needed + HEADROOM_BYTES:
            raise DiskFullError  # a background download removes no bundle: a request may be reading it now
        with tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=self._folder) as partial:
            complete = Path(partial) / "bundle"
            complete.mkdir()
            self._download(parts.netloc, prefix, objects, complete)
            _move(complete, path)

    def _objects(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                if not entry["Key"].endswith("/"):
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

    def _make_room(self, needed: int, keep: Path) -> None:
        """Remove bundles, least recently used first, until `needed` bytes fit."""
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

    def free(self) -> int:
        """Return the free bytes of the disk."""
        return shutil.disk_usage(self._folder).free


def _move(complete: Path, path: Path) -> None:
    try:
        complete.rename(path)
    except OSError:
        if not path.exists():  # otherwise another process has written the same content first
            raise
