"""Bundles: fetched from the lake once, kept on local disk and in memory.

A bundle never changes, so its address is its identity. What is on disk was fetched whole: it is fetched
beside its place and then renamed into it. When the disk is short, the bundle that was used longest ago goes.

Who has another answer need not wait for a download: it can begin in the background (`soon`). It goes on while
requests are answered; between them Lambda lets nothing run.

A refreshed bundle has the address `<bundle>#<refresh>`: of it only the refresh is fetched, which is small,
and laid over the bundle that is here already.
"""

import os
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tastemaker import models
from tastemaker.errors import TastemakerError
from tastemaker.filters import MaskCache
from tastemaker.models import Bundle, Model
from tastemaker.refreshing.assembling import assemble

THREADS = 8
CHUNK_BYTES = 16 << 20
OPEN_BUNDLES = 8
HEADROOM_BYTES = 32 << 20


class BundleMissingError(TastemakerError):
    """There is nothing at a bundle's address."""


class NoRoomError(Exception):
    """A bundle does not fit on the disk beside those that are there."""


@dataclass(frozen=True)
class Loaded:
    """An open bundle, its model, and the filter masks that were made for it."""

    bundle: Bundle
    model: Model
    masks: MaskCache


class Bundles:
    """`get` is quick for a bundle in memory, some milliseconds for one on disk, a download otherwise."""

    def __init__(self, s3: Any, folder: Path | None = None) -> None:
        self._s3 = s3
        self._folder = folder or Path(tempfile.gettempdir()) / "bundles"
        self._open: OrderedDict[str, Loaded] = OrderedDict()
        self._coming: dict[Path, Future[None]] = {}
        self._fetcher: ThreadPoolExecutor | None = None

    def has(self, uri: str) -> bool:
        """Whether `get` has no model to fetch: it is in memory or on disk, refreshed or not."""
        return uri in self._open or self._place(uri.partition("#")[0]).exists()

    def soon(self, uri: str, seconds: float) -> bool:
        """Whether there is nothing better to do than `get`. False, once: the model is being fetched from now
        on, and did not come within so many seconds. Who asks again is to wait for it in `get`, which says why
        it fails if it does.
        """
        base = uri.partition("#")[0]
        path = self._place(base)
        if self.has(uri) or path in self._coming:
            return True
        self._fetcher = self._fetcher or ThreadPoolExecutor(1, "fetching")
        coming = self._coming[path] = self._fetcher.submit(self._fetch, base, path, evict=False)
        return bool(wait([coming], seconds).done)

    def get(self, uri: str) -> Loaded:
        """The bundle at `s3://bucket/prefix/`, or refreshed. Raises BundleMissingError."""
        if uri in self._open:
            self._open.move_to_end(uri)
            return self._open[uri]
        bundle = Bundle.open(self._on_disk(uri))
        loaded = self._open[uri] = Loaded(bundle, models.load(bundle), MaskCache())
        if len(self._open) > OPEN_BUNDLES:
            self._open.popitem(last=False)
        return loaded

    def _place(self, uri: str) -> Path:
        return self._folder / blake2b(uri.encode(), digest_size=12).hexdigest()

    def _on_disk(self, uri: str) -> Path:
        path = self._place(uri)
        if (coming := self._coming.pop(path, None)) is not None:
            wait([coming])  # if it failed, what follows tries again and says why
        if not path.exists():
            base, _, refresh = uri.partition("#")
            if refresh:
                self._assemble(self._on_disk(base), refresh, path)
            else:
                self._fetch(base, path)
        os.utime(path)  # when it was last used
        return path

    def _assemble(self, base: Path, refresh: str, path: Path) -> None:
        """Lay a refresh over a bundle. What is as large as the catalog is written anew; the disk holds it
        twice until a bundle that nobody uses has to go.
        """
        self._make_room(sum(file.stat().st_size for file in base.glob("model/item_*")), keep=base)
        with tempfile.TemporaryDirectory(prefix="fetching-", dir=self._folder) as partial:
            self._fetch(refresh, Path(partial) / "refresh")
            whole = Path(partial) / "bundle"
            assemble(base, Path(partial) / "refresh", whole)
            _into_place(whole, path)

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
            raise NoRoomError  # in the background no model makes way: a request may be reading it just now
        with tempfile.TemporaryDirectory(prefix="fetching-", dir=self._folder) as partial:
            whole = Path(partial) / "bundle"
            whole.mkdir()
            self._download(parts.netloc, prefix, objects, whole)
            _into_place(whole, path)

    def _objects(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                if not entry["Key"].endswith("/"):
                    yield entry["Key"], entry["Size"]

    def _download(self, bucket: str, prefix: str, objects: list[tuple[str, int]], folder: Path) -> None:
        """Large files in ranges, so that one of them does not take one connection's time."""
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
        answer = self._s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{start + length - 1}")
        with path.open("r+b") as file:
            file.seek(start)
            shutil.copyfileobj(answer["Body"], file, 1 << 20)

    def _make_room(self, needed: int, keep: Path) -> None:
        """Remove bundles, longest unused first, until `needed` bytes fit."""
        unused = [
            path for path in self._folder.iterdir() if path != keep and not path.name.startswith("fetching-")
        ]
        for path in sorted(unused, key=lambda path: path.stat().st_mtime):
            if self.free() >= needed + HEADROOM_BYTES:
                return
            # An open bundle maps its parts when they are first needed: it goes from memory too.
            for uri in [uri for uri, loaded in self._open.items() if loaded.bundle.path == path]:
                del self._open[uri]
            shutil.rmtree(path, ignore_errors=True)

    def free(self) -> int:
        """Bytes that are free on the disk."""
        return shutil.disk_usage(self._folder).free


def _into_place(whole: Path, path: Path) -> None:
    try:
        whole.rename(path)
    except OSError:
        if not path.exists():  # else another process was faster, with the same content
            raise
