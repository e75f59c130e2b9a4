"""What commands print: tables and bars for people, one JSON document for programs.

Results go to standard output. Progress and errors go to standard error, so that a result can be piped. Names
of items come from the user's data: nothing in them is read as markup or as a terminal's control sequence.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

MIN_WIDTH_OF_PIPE = 200
"""Columns of the output if it is not a terminal: nothing is cut."""
MAX_FIXED_WIDTH = 32
"""Letters of a column of a table that are never cut."""


def console(stream: TextIO) -> Console:
    """A console on a stream, as wide as the terminal. It respects NO_COLOR."""
    width = None
    if not stream.isatty() and "COLUMNS" not in os.environ:
        width = MIN_WIDTH_OF_PIPE
    return Console(file=stream, markup=False, highlight=False, emoji=False, soft_wrap=False, width=width)


class Output:
    """The output of one command. With `as_json`, the result is one JSON document and there are no tables."""

    def __init__(
        self, *, as_json: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.as_json = as_json
        self.out = console(out or sys.stdout)
        self.err = console(err or sys.stderr)

    def json(self, document: Any) -> None:
        """Print the result as JSON."""
        text = json.dumps(document, indent=2, ensure_ascii=False, default=_plain)
        self.out.file.write(printable(text, lines=True) + "\n")

    def line(self, text: str = "", style: str = "") -> None:
        """Print a line of the result."""
        self.out.print(Text(printable(text), style), soft_wrap=False)

    def heading(self, text: str) -> None:
        """Print a heading."""
        self.out.print()
        self.out.print(Text(printable(text), "bold"))

    def note(self, text: str, style: str = "dim") -> None:
        """Print progress or a hint to standard error."""
        self.err.print(Text(printable(text), style))

    def warn(self, text: str) -> None:
        """Print a warning to standard error."""
        self.err.print(Text.assemble(("Note: ", "yellow"), printable(text)))

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        right: Sequence[int] = (),
        indent: int = 0,
        folded: Sequence[int] = (),
    ) -> None:
        """Print rows under column names.

        Columns whose numbers are in `right` are aligned to the right. Cells that do not fit are cut at their
        end, except those of columns in `folded`, which continue on the next line.
        """
        made = Table(
            box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_header=any(columns)
        )
        texts = [
            [cell if isinstance(cell, Text) else Text(printable(_text(cell))) for cell in row] for row in rows
        ]
        widths = [
            max([len(name), *(row[place].cell_len for row in texts)]) for place, name in enumerate(columns)
        ]
        for place, name in enumerate(columns):
            made.add_column(
                name,
                # only the widest column gives way on a narrow terminal
                min_width=None if widths[place] == max(widths) else min(widths[place], MAX_FIXED_WIDTH),
                justify="right" if place in right else "left",
                no_wrap=place not in folded,
                overflow="fold" if place in folded else "ellipsis",
            )
        for row in texts:
            made.add_row(*row)
        with self.out.capture() as drawn:
            self.out.print(Padding(made, (0, 0, 0, indent)))
        for text in drawn.get().splitlines():
            self.out.file.write(text.rstrip() + "\n")


def printable(text: str, *, lines: bool = False) -> str:
    """Text without control characters: a name in the data could otherwise change the terminal."""
    kept = "\n" if lines else ""
    return "".join(letter if letter.isprintable() or letter in kept else " " for letter in text)


def state(status: str) -> Text:
    """A status, colored by its meaning."""
    style = "green" if status in {"ACTIVE", "COMPLETED", "ok", "CREATED"} else "yellow"
    if status.endswith("FAILED") or status in {"missing", "failed"}:
        style = "red"
    return Text(status, style)


def day(value: Any) -> str:
    """A time of a boto3 answer, in UTC."""
    return value.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M") if value else ""


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return str(cell)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
