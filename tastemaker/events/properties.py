"""The properties of an event or a record: JSON whose names and values are matched to the fields of a schema.

A name matches a field if both are equal without underscores and case: `numRatings` is `NUM_RATINGS`. Schemas
keep names distinct after that. Properties that the schema does not have are ignored.
"""

import json
import math
from collections.abc import Container, Mapping, Sequence
from typing import Any

from tastemaker import documents
from tastemaker.errors import InvalidInput
from tastemaker.notation import SEPARATOR
from tastemaker.schemas import MAX_CATEGORY_LENGTH, MAX_TIMESTAMP, Field

Value = str | float | bool
"""The value of a field: text, an int or float, or a boolean."""


def plain(name: str) -> str:
    """A name without underscores and case, by which properties match fields."""
    return name.replace("_", "").lower()


def by_plain_name(fields: Sequence[Field]) -> dict[str, Field]:
    """The fields by their plain names."""
    return {plain(field.name): field for field in fields}


def parse_properties(given: Any, where: str) -> Mapping[str, Any]:
    """The properties of a request as an object, empty if there are none. Raises InvalidInput."""
    if given is None:
        return {}
    try:
        properties = documents.parse(given)
    except ValueError as error:
        raise InvalidInput(f"The properties {where} are not JSON: {error}") from None
    if not isinstance(properties, dict):
        raise InvalidInput(f"The properties {where} must be a JSON object, as text.")
    return properties


def typed_values(
    properties: Mapping[str, Any], fields: Mapping[str, Field], where: str, skip: Container[str]
) -> dict[str, Value]:
    """Schema field → value of its type, for the properties that match one of `fields`.

    `fields` are by plain name. Fields in `skip` and null values are left out. Raises InvalidInput for a value
    that does not have the field's type, and for a null that the schema does not allow.
    """
    values: dict[str, Value] = {}
    for name, value in properties.items():
        field = fields.get(plain(name))
        if field is None or field.name in skip:
            continue
        what = f"{name} in the properties {where}"
        if value is None or (value == "" and field.type != "string"):
            if not field.nullable:
                raise InvalidInput(f"{what} is null, but the schema's {field.name} may not be.")
            continue
        values[field.name] = _typed(field, value, what)
    return values


def dump(value: Any) -> str:
    """Compact JSON that is the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _typed(field: Field, value: Any, what: str) -> Value:
    """The value as the field's type. Clients send numbers as text and text as numbers; both are accepted."""
    if field.type == "boolean":
        return _boolean(value, what)
    if field.type in ("int", "long"):
        return _integer(field, value, what)
    if field.number:
        return as_number(value, what)
    text = SEPARATOR.join(map(str, value)) if isinstance(value, list) else as_text(value)
    if text is None or isinstance(value, dict):
        raise InvalidInput(f"{what} must be text, not {value!r}.")
    if field.categorical and len(text) > MAX_CATEGORY_LENGTH:
        raise InvalidInput(
            f"{what}: length cannot be more than {MAX_CATEGORY_LENGTH} characters for {field.name}."
        )
    return text


def as_text(value: Any) -> str | None:
    """A JSON value as text; None for null and for empty text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def as_number(value: Any, what: str) -> float:
    """A number, or text that is one. Raises InvalidInput."""
    try:
        number = math.nan if isinstance(value, bool) or "_" in str(value) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput(f"{what} must be a number, not {value!r}.")
    return number


def as_seconds(value: float, where: str) -> int:
    """A time in whole Unix seconds. Raises InvalidInput for a time that is negative or in milliseconds."""
    if not 0 <= value <= MAX_TIMESTAMP:
        raise InvalidInput(
            f"The time {value} {where} must be in Unix seconds (milliseconds? divide by 1000)."
        )
    return int(value)


def _boolean(value: Any, what: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise InvalidInput(f"{what} must be true or false, not {value!r}.")


def _integer(field: Field, value: Any, what: str) -> int:
    number = as_number(value, what)
    if number != int(number):
        raise InvalidInput(f"{what} must be a whole number, not {value!r}.")
    # Digits are not read through a float, which has 53 bits only.
    digits = isinstance(value, str) and value.strip().lstrip("+-").isdigit()
    whole = int(value) if digits else int(number)
    if field.name == "CREATION_TIMESTAMP":
        as_seconds(whole, what)
    return whole
