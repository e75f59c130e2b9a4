"""What the first line of a file is, for a person whose file lacks columns."""

from collections.abc import Sequence

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "pipes"}
MAX_SHOWN = 200
_NO_HEADER = {
    "\ufeff": "begins with two byte order marks; write the file again with one or none",
    "{": "looks like JSON; write the data as CSV",
    "[": "looks like JSON; write the data as CSV",
    "<": "looks like HTML or XML, such as the page of an error; download the file again",
    "#": "is a comment; remove it: the first line must name the columns",
    "sep=": "is for spreadsheets only; remove it: the first line must name the columns",
}
"""How a first line begins that names no columns, and what it is."""


def plain(name: str) -> str:
    """A name without underscores, blanks and case."""
    return name.replace("_", "").replace(" ", "").replace("-", "").casefold()


def explain(header: Sequence[str], missing: Sequence[str], columns: Sequence[str]) -> str:
    """What is there in place of the `missing` ones of `columns`, and what to do."""
    line = ",".join(header)[:MAX_SHOWN]
    for separator, name in _SEPARATORS.items():
        parts = {plain(part) for cell in header if separator in cell for part in cell.split(separator)}
        if len(header) < max(len(columns), 2) and parts & set(map(plain, missing)):
            return f"Line 1 is {line!r}: its cells are separated by {name}; separate them by commas."
    if line.startswith("#") and _names_columns([header[0].lstrip("# "), *header[1:]], missing):
        return f"Line 1 is {line!r}, which is a comment; remove the # at its start."
    for beginning, what in _NO_HEADER.items():
        if line.startswith(beginning):
            return f"Line 1 is {line!r}, which {what}."
    wanted = {plain(column): column for column in missing}
    renamed = [f"{name} to {wanted[plain(name)]}" for name in header if plain(name) in wanted]
    if renamed:
        return f"Line 1 has the columns {line}; rename {', '.join(renamed)}."
    if not set(map(plain, header)) & set(map(plain, columns)) and any(map(_is_number, header)):
        return f"Line 1 is {line!r}, which looks like data: the first line must name the columns."
    return f"Line 1 has the columns {line}."


def _names_columns(header: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether a line has the names of all columns, however they are spelled."""
    return set(map(plain, columns)) <= set(map(plain, header))


def _is_number(cell: str) -> bool:
    return bool(cell) and cell.lstrip("+-").replace(".", "", 1).isdigit()
