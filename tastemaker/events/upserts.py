"""PutItems, PutUsers and PutActions: entries of a request → records of the catalog."""

from collections.abc import Iterable, Mapping
from typing import Any

from tastemaker import values
from tastemaker.errors import InvalidInput
from tastemaker.events.properties import Value, by_plain_name, checked, parse_properties, typed_values
from tastemaker.notation import camel
from tastemaker.schemas import Schema

_ID_FIELDS = {"itemId": "ITEM_ID", "userId": "USER_ID", "actionId": "ACTION_ID"}


def catalog_records(
    entries: Iterable[Mapping[str, Any]], id_member: str, schema: Schema, *, now: float
) -> list[tuple[str, dict[str, Value]]]:
    """The (id, schema field → value) of each entry of a request.

    `id_member` is itemId, userId or actionId. `now` is in seconds since 1970. An absent property is null.
    Raises InvalidInput, which names the id, for a value that is not valid and for an absent property that may
    not be null.
    """
    fields = by_plain_name(schema.fields)
    id_field = _ID_FIELDS[id_member]
    records = []
    for entry in entries:
        name = entry[id_member]
        checked(f"{id_member} {values.shown(name)}", values.check_id, name)
        given = parse_properties(entry.get("properties"), f"of {name}")
        cells = typed_values(given, fields, f"of {name}", skip={id_field}, now=now)
        for field in schema.fields:
            if not field.nullable and field.name != id_field and cells.get(field.name) is None:
                raise InvalidInput(
                    f"The properties of {name} lack {camel(field.name)}, which the schema requires."
                )
        records.append((name, cells))
    return records
