"""Wide exports → one row for each item.

- `Product 1 SKU`, `Product 1 price`, `Product 2 SKU` …: one row for each number.
- `1× Tea, 2× Cup`, `["a", "b"]` and `a|b|c` in the column of the items: one row for each item.
- An order of several rows, of which only the first has the customer and the time: the others get them.
"""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.detection.inputs import Input
from tastemaker.detection.naming import ITEM, score, tokens
from tastemaker.detection.profiles import filled_cells, present
from tastemaker.detection.tables import BadRows, Table

ROW = "\0row"
"""A column with the number of the row from which a row was made."""
_NUMBERED = re.compile(r"^(?P<before>.*?)[ _.#-]*(?P<number>\d{1,3})(?P<after>(?:[ _.#-].*)?)$")
_COUNTED = re.compile(r"(?:^|,\s*|;\s*|\|\s*)(\d+)\s*[×x]\s+")
_PAIRS = re.compile(r"^(?:[a-z_]+:[^|]*)(?:\|[a-z_]+:[^|]*)+$", re.I)
_PAIR = re.compile(r"(?:^|\|)([A-Za-z_]+):")
MIN_SHARE = 0.3
"""The share of cells with several items from which a column is a list."""


@dataclass
class Reshaped:
    """A table whose rows are split or completed."""

    table: Table
    columns: Sequence[str]
    families: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Number → new column → column of the table."""
    lists: str = ""
    """The column whose cells have several items."""
    order: str = ""
    fills: Sequence[str] = ()
    """Columns that an order's later rows take from its first row."""

    @property
    def input(self) -> Input:
        """The file."""
        return self.table.input

    @property
    def named(self) -> bool:
        """Whether the names are from the file."""
        return self.table.named

    @property
    def bad_rows(self) -> BadRows:
        """What the last reading left out."""
        return self.table.bad_rows

    @property
    def shape(self) -> str:
        """How the file is read, for people."""
        parts = [self.table.shape]
        if self.families:
            parts.append(f"{len(self.families)} items in a row")
        if self.lists:
            parts.append(f"several items in {self.lists}")
        if self.fills:
            parts.append(f"rows of one order share {self.order}")
        return ", ".join(parts)

    def where(self, row: int) -> str:
        """The place of a row of the file."""
        return self.table.where(row)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, with the column ROW."""
        start = 0
        last: dict[str, str | None] = {}
        for batch in self.table.batches():
            rows = pa.array(range(start, start + batch.num_rows), pa.int64())
            start += batch.num_rows
            made = batch.append_column(ROW, rows)
            if self.fills:
                made = self._filled(made, last)
            if self.families:
                made = self._unpivoted(made)
            if self.lists:
                made = _split(made, self.lists)
            for name in self.columns:
                if name not in made.schema.names:
                    made = made.append_column(name, pa.nulls(made.num_rows, pa.string()))
            if made.num_rows:
                yield made.select([*self.columns, ROW])

    def _filled(self, batch: pa.RecordBatch, last: dict[str, str | None]) -> pa.RecordBatch:
        """The batch with the cells of an order's first row in its later rows; `last` carries them on."""
        orders = batch.column(self.order).to_pylist()
        arrays = {name: batch.column(name) for name in batch.schema.names}
        previous = last.get("")
        carried = {name: last.get(name) for name in self.fills}
        cells = {name: present(arrays[name]).to_pylist() for name in self.fills}
        for row, order in enumerate(orders):
            if order != previous:
                carried = dict.fromkeys(self.fills)
                previous = order
            for name in self.fills:
                if cells[name][row] is None:
                    cells[name][row] = carried[name]
                else:
                    carried[name] = cells[name][row]
        last[""] = previous
        last.update(carried)
        arrays |= {name: pa.array(cells[name], pa.string()) for name in self.fills}
        return pa.RecordBatch.from_pydict(arrays)

    def _unpivoted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        used = {column for family in self.families.values() for column in family.values()}
        common = [name for name in batch.schema.names if name not in used]
        names = list(dict.fromkeys(name for family in self.families.values() for name in family))
        pieces = []
        for family in self.families.values():
            filled = _any_filled([batch.column(column) for column in family.values()])
            arrays = [batch.column(name) for name in common]
            arrays += [
                batch.column(family[name]) if name in family else pa.nulls(batch.num_rows, pa.string())
                for name in names
            ]
            pieces.append(pa.RecordBatch.from_arrays(arrays, [*common, *names]).filter(filled))
        whole = pa.Table.from_batches(pieces).combine_chunks()
        whole = whole.take(pc.sort_indices(whole, [(ROW, "ascending")]))
        batches = whole.combine_chunks().to_batches()
        return batches[0] if batches else pieces[0]


def _any_filled(columns: Sequence[pa.Array]) -> pa.Array:
    found = pc.is_valid(present(columns[0]))
    for column in columns[1:]:
        found = pc.or_(found, pc.is_valid(present(column)))
    return found


def reshape(table: Table, sample: pa.Table, item: str, order: str, once: Sequence[str]) -> Table:
    """The table with one row for each item, or the table itself.

    `item` is the column with the items, `order` that of the orders, and `once` are columns that may be filled
    in the first row of an order only.
    """
    fills = [name for name in once if order and _is_filled_once(sample, order, name)]
    lists = item if item and _is_list(filled_cells(sample.column(item))) else ""
    if not fills and not lists:
        return table
    columns = list(table.columns)
    if lists:
        columns += [name for name in _new_columns(sample, lists) if name not in columns]
    if isinstance(table, Reshaped):
        table.columns, table.lists, table.order, table.fills = columns, lists, order, fills
        return table
    return Reshaped(table, columns, lists=lists, order=order, fills=fills)


def unpivot(table: Table) -> Table:
    """The table with one row for each numbered group of columns, or the table itself."""
    families = _families(table.columns)
    if not families:
        return table
    used = {column for family in families.values() for column in family.values()}
    names = list(dict.fromkeys(name for family in families.values() for name in family))
    columns = [name for name in table.columns if name not in used]
    return Reshaped(table, [*columns, *(name for name in names if name not in columns)], families=families)


def _families(columns: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for column in columns:
        match = _NUMBERED.match(column)
        if match and match["before"]:
            base = " ".join((match["before"] + match["after"]).replace("_", " ").split())
            found[match["number"]][base] = column
    counts: dict[str, int] = defaultdict(int)
    for family in found.values():
        for base in family:
            counts[base] += 1
    repeated = {base for base, count in counts.items() if count > 1}
    kept = {
        number: {base: column for base, column in family.items() if base in repeated}
        for number, family in sorted(found.items(), key=lambda pair: int(pair[0]))
    }
    kept = {number: family for number, family in kept.items() if family}
    bases = {base for family in kept.values() for base in family}
    is_items = any(score(ITEM, base) >= 5 or "".join(tokens(base)).startswith("lineitem") for base in bases)
    return kept if len(kept) > 1 and is_items else {}


def _is_filled_once(sample: pa.Table, order: str, name: str) -> bool:
    """Whether a column is empty in some rows whose order has it in an earlier row."""
    if name == order:
        return False
    orders = sample.column(order).to_pylist()
    cells = present(sample.column(name).combine_chunks()).to_pylist()
    previous, has = None, False
    for key, cell in zip(orders, cells, strict=True):
        has = has and key == previous
        if cell is None and has:
            return True
        has, previous = has or cell is not None, key
    return False


def _is_list(cells: pa.Array) -> bool:
    some = cells.slice(0, 2_000).to_pylist()
    if not some:
        return False
    several = [parts for parts in map(items_in, some) if len(parts) > 1 or (parts and len(parts[0]) > 1)]
    if len(several) < MIN_SHARE * len(some):
        return False
    counted = sum(bool(_COUNTED.search(text) or text.startswith("[") or _PAIRS.match(text)) for text in some)
    if counted >= MIN_SHARE * len(some):
        return True
    distinct = {part.get("", "") for parts in several for part in parts}
    return len(distinct) < sum(map(len, several)) * 0.8  # items of lists occur again


def _new_columns(sample: pa.Table, name: str) -> list[str]:
    """The columns that the items of a list have: `name` and `sku` of `name:Tea|sku:T1`."""
    some = filled_cells(sample.column(name)).slice(0, 500).to_pylist()
    return list(dict.fromkeys(key for text in some for part in items_in(text) for key in part if key))


def items_in(text: str) -> list[dict[str, str]]:
    """The items of a cell, each as column → text. The empty name stands for the column itself."""
    text = text.strip()
    if text.startswith("["):
        return [{"": item} for item in _literal_list(text)]
    if _PAIRS.match(text):
        places = list(_PAIR.finditer(text))
        ends = [match.start() for match in places[1:]] + [len(text)]
        pairs = {
            match[1].lower(): text[match.end() : end].strip() for match, end in zip(places, ends, strict=True)
        }
        identity = next((pairs[key] for key in ("product_id", "sku", "id", "name") if pairs.get(key)), "")
        return [{"": identity, **{key: value for key, value in pairs.items() if key != "quantity"}}]
    if _COUNTED.match(text):
        return [{"": part.strip(" ,;|")} for part in _COUNTED.split(text)[2::2] if part.strip(" ,;|")]
    for separator in ("|", ";"):
        if separator in text:
            return [{"": part.strip()} for part in text.split(separator) if part.strip()]
    return [{"": text}] if text else []


def _literal_list(text: str) -> list[str]:
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, list):
            return [str(item).strip() for item in found if isinstance(item, str | int | float)]
    return [part.strip(" '\"") for part in text.strip("[]").split(",") if part.strip(" '\"")]


def _split(batch: pa.RecordBatch, name: str) -> pa.RecordBatch:
    rows, made = [], []
    for row, text in enumerate(batch.column(name).to_pylist()):
        for part in items_in(text or "") or [{}]:
            rows.append(row)
            made.append(part)
    found = batch.take(pa.array(rows, pa.int64()))
    place = found.schema.get_field_index(name)
    found = found.set_column(place, name, pa.array([part.get("") for part in made], pa.string()))
    for key in dict.fromkeys(key for part in made for key in part if key):
        cells = pa.array([part.get(key) for part in made], pa.string())
        place = found.schema.get_field_index(key)
        found = found.append_column(key, cells) if place < 0 else found.set_column(place, key, cells)
    return found
