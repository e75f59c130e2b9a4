"""The properties of an event or a record: JSON whose names and values are matched to the fields of a schema.

A name matches a field if both are equal without underscores and case: `numRatings` is `NUM_RATINGS`. Schemas
keep names distinct after that. Properties that the schema does not have are ignored.
"""

import json
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, TypeVar

from tastemaker import documents, values
from tastemaker.errors import InvalidInput
from tastemaker.notation import SEPARATOR
from tastemaker.schemas import MAX_CATEGORY_LENGTH, Field
from tastemaker.values import BadValueError

T = TypeVar("T")
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
        properties = documents.parse(given, unique=True)
    except ValueError as error:
        raise InvalidInput(f"The properties {where} are not valid JSON: {error}") from None
    if not isinstance(properties, dict):
        raise InvalidInput(f"The properties {where} must be a JSON object, as text.")
    return properties


def typed_values(
    properties: Mapping[str, Any],
    fields: Mapping[str, Field],
    where: str,
    skip: Container[str],
    *,
    now: float,
) -> dict[str, Value]:
    """Schema field → value of its type, for the properties that match one of `fields`.

    `fields` are by plain name. Fields in `skip` and null values are left out. `now` is the present, which
    limits times. Raises InvalidInput for a value that is not valid for the field, for a null that the
    schema does not allow, and for two properties of one field.
    """
    found: dict[str, Value] = {}
    names: dict[str, str] = {}
    for name, value in properties.items():
        field = fields.get(plain(name))
        if field is None or field.name in skip:
            continue
        if (other := names.setdefault(field.name, name)) != name:
            raise InvalidInput(
                f"{other} and {name} in the properties {where} are both {field.name}; give one."
            )
        what = f"{name} in the properties {where}"
        if value is None or (value == "" and field.type != "string"):
            if not field.nullable:
                raise InvalidInput(f"{what} is null, but the schema's {field.name} may not be.")
            continue
        found[field.name] = checked(what, _typed, field, value, now)
    return found


def checked(what: str, read: Callable[..., T], *arguments: Any) -> T:
    """What `read` returns. Raises InvalidInput that says what is not valid and why."""
    try:
        return read(*arguments)
    except BadValueError as error:
        raise InvalidInput(f"{what} is not valid: {error}.") from None


def dump(value: Any) -> str:
    """Compact JSON that is the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _typed(field: Field, value: Any, now: float) -> Value:
    """The value as the field's type. Clients send numbers as text and text as numbers; both are accepted."""
    if field.name in values.TIME_COLUMNS and field.number:
        values.check_time(number := values.read_number(value), values.TIME_COLUMNS[field.name], now)
        return int(number) if field.type in values.INTEGER_RANGES else number
    if field.type == "boolean":
        return _boolean(value)
    if field.type in values.INTEGER_RANGES:
        return values.read_integer(value, field.type)
    if field.number:
        return values.read_float(value, field.type)
    text = _joined(value) if isinstance(value, list) else as_text(value)
    if text is None or isinstance(value, dict):
        raise BadValueError(f"expected text, found {values.shown(value)}")
    if field.categorical and len(text) > MAX_CATEGORY_LENGTH:
        raise values.too_long(text, MAX_CATEGORY_LENGTH, field.name, categorical=True)
    return text


def _joined(parts: list[Any]) -> str:
    """The values of a list in one text. Nulls and empty texts are left out."""
    if any(isinstance(part, list | dict) for part in parts):
        raise BadValueError(f"expected a list of texts, found {values.shown(parts)}")
    return SEPARATOR.join(text for part in parts if (text := as_text(part)) is not None)


def as_text(value: Any) -> str | None:
    """A JSON value as text; None for null and for empty text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise BadValueError(f"expected true or false, found {values.shown(value)}")
