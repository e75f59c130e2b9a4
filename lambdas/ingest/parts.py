"""Typed rows → Parquet parts of an even size, each written to local disk and then stored.

Part names depend only on the rows, so a second run of the same import overwrites the first's keys.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lambdas.ingest.source import Destination

PART_BYTES = 96 << 20
GROUP_ROWS = 1 << 20


class Parts:
    """Writes batches in order. Local disk never holds more than two parts: the one being written and the one
    being uploaded. Use as a context manager; `close()` stores the last part.
    """

    def __init__(
        self,
        destination: Destination,
        prefix: str,
        schema: pa.Schema,
        scratch: Path,
        part_bytes: int = PART_BYTES,
    ) -> None:
        self._destination, self._prefix, self._schema = destination, prefix, schema
        self._scratch, self._part_bytes = scratch, part_bytes
        self._uploads = ThreadPoolExecutor(1)
        self._upload: Future[None] | None = None
        self._writer: pq.ParquetWriter | None = None
        self._path = scratch
        self.count = 0

    def write(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:
            self._path = self._scratch / f"part-{self.count:05}.parquet"
            self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd", compression_level=1)
        self._writer.write_batch(batch, row_group_size=GROUP_ROWS)
        if self._path.stat().st_size >= self._part_bytes:
            self._finish()

    def close(self) -> None:
        """Store what is left. Raises what an upload raised."""
        self._finish()
        self._wait()
        self._uploads.shutdown()

    def abandon(self) -> None:
        """Stop without storing more; local files are removed."""
        self._uploads.shutdown(cancel_futures=True)
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for path in self._scratch.glob("part-*.parquet"):
            path.unlink()

    def _finish(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        self.count += 1
        self._wait()
        self._upload = self._uploads.submit(self._store, self._path)

    def _store(self, path: Path) -> None:
        self._destination.put(path, f"{self._prefix}{path.name}")
        path.unlink()

    def _wait(self) -> None:
        if self._upload is not None:
            self._upload.result()
            self._upload = None
