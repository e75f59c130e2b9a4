"""Typed rows → Parquet parts of even size, each written to local disk and then stored.

The names of parts depend only on the rows, so that a second run of an import overwrites the keys of the
first.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tastemaker.importing.storage import Destination

PART_BYTES = 96 << 20
GROUP_BYTES = 16 << 20
"""The approximate size of a group of rows: small groups compress badly, large groups need memory."""


class Parts:
    """A writer of batches, which keeps their order.

    Local disk has at most two parts: the one being written and the one being uploaded. `close()` stores the
    last part. `abandon()` stops the import.
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
        self._group: list[pa.RecordBatch] = []
        self._group_bytes = 0
        self.count = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        self._group.append(batch)
        self._group_bytes += batch.nbytes
        if self._group_bytes >= GROUP_BYTES:
            self._write_group()
            if self._path.stat().st_size >= self._part_bytes:
                self._finish()

    def _write_group(self) -> None:
        if not self._group:
            return
        if self._writer is None:
            self._path = self._scratch / f"part-{self.count:05}.parquet"
            self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd", compression_level=1)
        table = pa.Table.from_batches(self._group, self._schema)
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._group, self._group_bytes = [], 0

    def close(self) -> None:
        """Store the last part. Raises what an upload raised."""
        self._write_group()
        self._finish()
        self._wait()
        self._uploads.shutdown()

    def abandon(self) -> None:
        """Stop without storing more, and delete the local files."""
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
