"""What Personalize demands of the fields of a schema, by dataset type and domain."""

from collections.abc import Iterable, Mapping

from tastemaker.errors import InvalidInput
from tastemaker.schemas.fields import (
    DOMAIN_DATASET_TYPES,
    RECORD_NAMES,
    REQUIRED_FIELDS,
    RESERVED_FIELDS,
    Field,
    Schema,
)

# A required field may have one of several names: the guide's default schema for video differs from its table.
_DOMAIN_REQUIRED: Mapping[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("ECOMMERCE", "INTERACTIONS"): (("EVENT_TYPE",),),
    ("ECOMMERCE", "ITEMS"): (("PRICE",), ("CATEGORY_L1",)),
    ("VIDEO_ON_DEMAND", "INTERACTIONS"): (("EVENT_TYPE",),),
    ("VIDEO_ON_DEMAND", "ITEMS"): (("GENRES", "GENRES_L1", "GENRE_L1"), ("CREATION_TIMESTAMP",)),
}
_DOMAIN_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "ECOMMERCE": ("PRICE",),
    "VIDEO_ON_DEMAND": ("PRICE", "DURATION", "AVERAGE_RATING"),
}
_DOMAIN_CATEGORICAL: Mapping[str, tuple[str, ...]] = {
    "ECOMMERCE": ("CATEGORY_L1", "CATEGORY_L2", "CATEGORY_L3", "AGE_GROUP", "GENDER"),
    "VIDEO_ON_DEMAND": ("GENRES", "GENRES_L1", "GENRE_L1", "GENRE_L2", "GENRE_L3", "CONTENT_CLASSIFICATION"),
}
_NEED_METADATA = ("ITEMS", "USERS", "ACTIONS")


def check_rules(schema: Schema) -> None:
    """Raise InvalidInput if the fields break a rule of the schema's dataset type or domain."""
    _check_names(schema.fields)
    if schema.dataset_type is not None:
        _check_required(schema)
        _check_attributes(schema)
        if schema.domain is not None:
            _check_domain(schema, schema.domain)


def check_type(schema: Schema, dataset_type: str) -> None:
    """Raise InvalidInput if the name of the schema's record is not that of `dataset_type`."""
    if schema.dataset_type != dataset_type:
        wanted = next(name for name, its_type in RECORD_NAMES.items() if its_type == dataset_type)
        raise InvalidInput(
            f"The schema's record is named {schema.record_name!r}; a dataset of type {dataset_type} needs a "
            f"schema whose record is named {wanted!r}."
        )


def check_wider(old: Schema, new: Schema) -> None:
    """Raise InvalidInput if `new` cannot replace `old`: old fields must stay, new fields must be nullable."""
    for field in old.fields:
        if new.field(field.name) != field:
            raise InvalidInput(
                f"The new schema changes or drops the field {field.name}; a replacement must keep every "
                "field of the dataset's schema as it is."
            )
    for field in new.fields:
        if old.field(field.name) is None and not field.nullable:
            raise InvalidInput(
                f'The new field {field.name} must allow null: its type must be a union with "null".'
            )


def _check_names(fields: Iterable[Field]) -> None:
    seen: dict[str, str] = {}
    for field in fields:
        plain = field.name.replace("_", "").lower()
        if plain in seen:
            raise InvalidInput(
                f"The field names {seen[plain]} and {field.name} are the same without their non-alphanumeric "
                "characters; rename one."
            )
        seen[plain] = field.name


def _check_required(schema: Schema) -> None:
    dataset_type = schema.dataset_type or ""
    for name, types in REQUIRED_FIELDS[dataset_type].items():
        field = schema.field(name)
        if field is None:
            raise InvalidInput(
                f"A schema for {schema.record_name} needs the field {name} of type {types[0]}."
            )
        if field.type not in types or field.nullable:
            raise InvalidInput(f"The field {name} must have the type {types[0]} and cannot be null.")
    for name, types in RESERVED_FIELDS[dataset_type].items():
        field = schema.field(name)
        if field is not None and field.type not in types:
            raise InvalidInput(
                f"{name} is a reserved field and must have the type {types[0]}, not {field.type}."
            )
    if dataset_type in _NEED_METADATA and len(schema.fields) <= len(REQUIRED_FIELDS[dataset_type]):
        raise InvalidInput(
            f"A schema for {schema.record_name} needs at least one metadata field beside its id."
        )


def _check_attributes(schema: Schema) -> None:
    for field in schema.fields:
        if field.name in schema.reserved and field.name != "TYPE" and (field.categorical or field.textual):
            raise InvalidInput(
                f"{field.name} is a reserved field and cannot be marked categorical or textual."
            )
    for flag, marked in (
        ("textual", [field.name for field in schema.fields if field.textual]),
        ("itemName", [field.name for field in schema.fields if field.item_name]),
    ):
        if marked and schema.dataset_type != "ITEMS":
            raise InvalidInput(
                f'Only a schema for Items can have a field with "{flag}", such as {marked[0]}.'
            )
        if len(marked) > 1:
            raise InvalidInput(f'Only one field can have "{flag}"; these have: {", ".join(marked)}.')


def _check_domain(schema: Schema, domain: str) -> None:
    dataset_type = schema.dataset_type or ""
    if dataset_type not in DOMAIN_DATASET_TYPES:
        raise InvalidInput(f"A schema for the domain {domain} must be for Interactions, Items or Users.")
    for names in _DOMAIN_REQUIRED.get((domain, dataset_type), ()):
        if not any(schema.field(name) for name in names):
            raise InvalidInput(
                f"A schema for {schema.record_name} of the domain {domain} needs the field {names[0]}."
            )
    for name in _DOMAIN_NUMBERS[domain]:
        field = schema.field(name)
        if dataset_type == "ITEMS" and field is not None and field.type not in ("float", "double"):
            raise InvalidInput(f"{name} must have the type float in the domain {domain}, not {field.type}.")
    for name in _DOMAIN_CATEGORICAL[domain]:
        field = schema.field(name)
        if dataset_type == "ITEMS" and field is not None and not field.categorical:
            raise InvalidInput(f'{name} must be a string with "categorical": true in the domain {domain}.')
