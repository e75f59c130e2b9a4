"""Schemas from dataclasses and from sample files."""

from __future__ import annotations

import csv
import dataclasses
import json
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

NAMESPACE = "com.amazonaws.personalize.schema"
TYPES: Mapping[Any, str] = {str: "string", int: "int", float: "float", bool: "boolean"}
TIMES = ("TIMESTAMP", "CREATION_TIMESTAMP", "EXPIRATION_TIMESTAMP")
IDS = ("USER_ID", "ITEM_ID", "ACTION_ID", "EVENT_TYPE")
SAMPLE_ROWS = 1000
MAX_INT = 2**31 - 1
MAX_CATEGORY_LENGTH = 60
"""Texts that are longer on average are prose, which is textual and not categorical."""


def avro(name: str, fields: Iterable[Mapping[str, Any]]) -> str:
    """An Avro schema as text. `name` is the type of the dataset: `Interactions`."""
    record = {
        "type": "record",
        "name": name,
        "namespace": NAMESPACE,
        "fields": list(fields),
        "version": "1.0",
    }
    return json.dumps(record)


def from_dataclass(cls: type, name: str) -> str:
    """The schema of a dataclass whose fields are the columns, in any spelling of case.

    `str | None` allows null. `field(metadata={"categorical": True})` sets an attribute of the column. Raises
    TypeError for a type that a column cannot have.
    """
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__name__} is no dataclass; decorate it with @dataclass.")
    hints = typing.get_type_hints(cls)
    return avro(name, [_field(cls, one, hints[one.name]) for one in dataclasses.fields(cls)])


def _field(cls: type, one: dataclasses.Field[Any], hint: Any) -> dict[str, Any]:
    column, nullable = one.name.upper(), False
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(hint) if option is not type(None)]
        nullable = len(options) < len(typing.get_args(hint))
        hint = options[0] if len(options) == 1 else hint
    if hint not in TYPES:
        known = ", ".join(known.__name__ for known in TYPES)
        raise TypeError(f"{cls.__name__}.{one.name} is {hint}; a column is {known}, or one of them | None.")
    avro_type: Any = "long" if column in TIMES else TYPES[hint]
    return {"name": column, "type": ["null", avro_type] if nullable else avro_type, **one.metadata}


def from_sample(path: str | Path, name: str) -> str:
    """The schema of a CSV file with a header, by its first rows. Look at it before you import a terabyte.

    A column with numbers only is `int`, `long` or `float`; an empty cell makes it nullable. Other columns are
    texts: categorical, or textual if they are long.
    """
    with Path(path).open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        columns = list(rows.fieldnames or ())
        sample = [row for row, _ in zip(rows, range(SAMPLE_ROWS), strict=False)]
    if not columns or not sample:
        raise ValueError(f"{path} needs a header and at least one row.")
    return avro(name, [_column(column.strip(), [row[column] or "" for row in sample]) for column in columns])


def _column(column: str, cells: list[str]) -> dict[str, Any]:
    name, given = column.upper(), [cell for cell in cells if cell]
    if name in IDS:
        return {"name": name, "type": "string"}
    avro_type = "long" if name in TIMES else _type_of(given)
    field: dict[str, Any] = {"name": name, "type": avro_type}
    if len(given) < len(cells):
        field["type"] = ["null", avro_type]
    if avro_type == "string" and given:
        long = sum(map(len, given)) / len(given) > MAX_CATEGORY_LENGTH
        field["textual" if long else "categorical"] = True
    return field


def _type_of(cells: list[str]) -> str:
    try:
        largest = max((abs(int(cell)) for cell in cells), default=None)
    except ValueError:
        pass
    else:
        return "string" if largest is None else "int" if largest <= MAX_INT else "long"
    try:
        for cell in cells:
            float(cell)
    except ValueError:
        return "string"
    return "float"
