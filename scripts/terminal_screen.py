"""What a terminal shows over time, from what a program writes to it.

Only what Rich writes is understood: text, line ends, colors, moves up, and deleted lines. Rows are counted
from the first line, and nothing scrolls away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"\x1b\[(?P<values>[?\d;]*)(?P<final>[A-Za-z])"  # a control sequence
    r"|\x1b\][^\x07]*\x07"  # a title of the window
    r"|(?P<control>[\r\n])|(?P<text>[^\x1b\r\n]+)"
)
_WIDE_COLORS = {"38", "48"}


@dataclass(frozen=True)
class Style:
    """How text looks. `color` is 0 to 15, or None for the terminal's own."""

    color: int | None = None
    bold: bool = False
    dim: bool = False

    def changed(self, codes: str) -> Style:
        """The style after a sequence of SGR codes, such as `1;32`. Colors beyond 16 are left out."""
        found = self
        for code in (int(one or 0) for one in codes.split(";")):
            if code == 0:
                found = Style()
            elif code in (1, 2):
                found = Style(found.color, found.bold or code == 1, found.dim or code == 2)
            elif code == 22:
                found = Style(found.color)
            elif 30 <= code <= 37 or 90 <= code <= 97:
                found = Style(code - 30 if code < 90 else code - 82, found.bold, found.dim)
            elif code == 39:
                found = Style(None, found.bold, found.dim)
        return found


Row = tuple[tuple[str, Style], ...]
"""One row as runs of text with one style each."""


@dataclass
class RowVersion:
    """A row as it looks from one moment to another, in seconds. `until` is None for one that stays."""

    row: int
    runs: Row
    since: float
    until: float | None = None


@dataclass
class Screen:
    """The rows, each with the cells that it has now, and all versions that were seen."""

    row: int = 0
    column: int = 0
    style: Style = field(default_factory=Style)
    rows: list[list[tuple[str, Style]]] = field(default_factory=lambda: [[]])
    versions: list[RowVersion] = field(default_factory=list)
    bottoms: list[tuple[float, int]] = field(default_factory=list)
    """Time → the lowest row with text, whenever it changes."""
    _current: dict[int, RowVersion] = field(default_factory=dict)

    def feed(self, text: str, at: float) -> None:
        """What the program wrote at a moment."""
        for token in _TOKEN.finditer(text):
            if token["text"]:
                self._write(token["text"])
            elif token["control"] == "\r":
                self.column = 0
            elif token["control"] == "\n":
                self.row, self.column = self.row + 1, 0
            elif token["final"]:
                self._control(token["values"], token["final"])
            while len(self.rows) <= self.row:
                self.rows.append([])
        self._note(at)

    def _write(self, text: str) -> None:
        cells = self.rows[self.row]
        cells += [(" ", Style())] * (self.column - len(cells))
        cells[self.column : self.column + len(text)] = [(letter, self.style) for letter in text]
        self.column += len(text)

    def _control(self, values: str, final: str) -> None:
        if final == "m":
            self.style = self.style.changed("" if set(values.split(";")) & _WIDE_COLORS else values)
        elif final == "A":
            self.row = max(self.row - int(values or 1), 0)
        elif final == "K":
            self.rows[self.row] = [] if values == "2" else self.rows[self.row][: self.column]

    def _note(self, at: float) -> None:
        for number, cells in enumerate(self.rows):
            runs = _runs(cells)
            known = self._current.get(number)
            if runs == (known.runs if known else ()):
                continue
            if known is not None:
                known.until = at
                del self._current[number]
            if runs:
                self._current[number] = RowVersion(number, runs, at)
                self.versions.append(self._current[number])
        bottom = max((number for number in self._current), default=0)
        if not self.bottoms or self.bottoms[-1][1] != bottom:
            self.bottoms.append((at, bottom))


def _runs(cells: list[tuple[str, Style]]) -> Row:
    """The cells of a row as runs, without blanks at the end."""
    while cells and not cells[-1][0].strip():
        cells = cells[:-1]
    found: list[tuple[str, Style]] = []
    for letter, style in cells:
        if found and (found[-1][1] == style or not letter.strip()):
            found[-1] = (found[-1][0] + letter, found[-1][1])
        else:
            found.append((letter, style))
    return tuple(found)
