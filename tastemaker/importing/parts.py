"""Typed rows → Parquet parts of an even size, each written to local disk and then stored.

Part names depend only on the rows, so a second run of the same import overwrites the first's keys.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tastemaker.importing.storage import Destination

PART_BYTES = 96 << 20
GROUP_BYTES = 16 << 20
"""About how much is written as one group of rows: small ones compress badly, large ones take memory."""


class Parts:
    """Writes batches in order. Local disk never holds more than two parts: the one being written and the one
    being uploaded. `close()` stores the last part; `abandon()` gives up.
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
        """Store what is left. Raises what an upload raised."""
        self._write_group()
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
