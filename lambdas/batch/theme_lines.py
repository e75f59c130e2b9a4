"""The limit of lines of a job that writes themes. It is checked before anything is spent."""

from __future__ import annotations

import io
from typing import BinaryIO

from lambdas.batch.plan import input_files
from tastemaker.batch.themes import MAX_LINES
from tastemaker.contracts.plans import BatchPlan
from tastemaker.failures import WorkFailedError
from tastemaker.files import File, Source


def check_theme_lines(source: Source, plan: BatchPlan) -> None:
    """Raise WorkFailedError if the input has more than 100 lines. Reads no more than that takes."""
    lines = 0
    for _, file in input_files(source, plan["input"], plan["output"]):
        lines += _lines(source, file, MAX_LINES + 1 - lines)
        if lines > MAX_LINES:
            raise WorkFailedError(
                f"A batch inference job with themes can have at most {MAX_LINES} input lines; "
                f"{plan['input']} has more. Divide the input among several jobs."
            )


def _lines(source: Source, file: File, most: int) -> int:
    """The lines of a file that are not blank, counted up to `most`."""
    found = 0
    with source.open(file) as raw:
        stream: BinaryIO = io.BufferedReader(raw, 1 << 16)
        for line in stream:
            found += bool(line.strip())
            if found >= most:
                break
    return found
