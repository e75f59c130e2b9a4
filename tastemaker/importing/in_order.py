"""Batches that are converted on other threads and keep their order."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from tastemaker.importing.cells import typed
from tastemaker.importing.column_rules import ColumnRule
from tastemaker.importing.report import BatchProfile, profile

Typed = tuple[pa.RecordBatch, BatchProfile]
"""A converted batch and what it adds to the report."""
IN_FLIGHT = 3
"""Batches that are converted while earlier ones are written. It bounds memory, as the reader's blocks do."""


def _typed(batch: pa.RecordBatch, rules: Sequence[ColumnRule], now: float) -> Typed:
    converted = typed(batch, rules, now)
    return converted, profile(batch, converted, rules)


def typed_in_order(
    batches: Iterator[pa.RecordBatch], rules: Sequence[ColumnRule], now: float
) -> Iterator[Typed]:
    """Convert a few batches at a time on other threads, and yield them in order.

    Arrow releases the interpreter lock. The order makes sure that the first bad row of the file is reported.
    """
    with ThreadPoolExecutor(max(1, min(IN_FLIGHT, os.cpu_count() or 1))) as pool:
        waiting: deque[Future[Typed]] = deque()
        failure: Exception | None = None
        try:
            while True:
                try:
                    batch = next(batches, None)
                except Exception as error:  # batches that were read before may contain an earlier bad row
                    batch, failure = None, error
                if batch is None:
                    break
                waiting.append(pool.submit(_typed, batch, rules, now))
                if len(waiting) == IN_FLIGHT:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            if failure is not None:
                raise failure
        finally:
            for future in waiting:
                future.cancel()
