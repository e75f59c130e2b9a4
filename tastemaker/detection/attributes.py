"""Which columns describe items, users or events, and how they are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.detection import numbers
from tastemaker.detection.attribute import CREATED, LIST, NUMBER, TEXT, Attribute, LeftOut
from tastemaker.detection.naming import (
    CONTEXT_WORDS,
    ITEM,
    ITEM_WORDS,
    USER,
    USER_WORDS,
    field_name,
    is_personal,
    score,
    tokens,
    words,
)
from tastemaker.detection.profiles import Profile, present
from tastemaker.notation import SEPARATOR
from tastemaker.schemas import Field

ITEMS, USERS, INTERACTIONS = "ITEMS", "USERS", "INTERACTIONS"
MAX_ATTRIBUTES = {ITEMS: 40, USERS: 20, INTERACTIONS: 5}
MIN_CONSTANT = {ITEMS: 0.9, USERS: 0.95}
"""A column describes items if this share of rows have the most frequent value of their item; so for users."""
MIN_REPEATED_ROWS = 50
MAX_CONTEXT_VALUES = 50
MAX_CATEGORIES = 5_000
TEXT_LENGTH = 60
"""Characters on average from which a column is free text."""
DESCRIPTION_LENGTH = 40
"""The same for a column that is called a description. Shorter descriptions are names."""
_DESCRIPTION_WORDS = words("description desc beschreibung descripcion descrizione plot synopsis summary")
_NAME_WORDS = words(
    "name title label titel nombre nom nome naam titulo titre titolo bezeichnung artikelbezeichnung "
    "produktbezeichnung artikelname produktname filmtitel buchtitel denominacion "
    "denominazione libelle omschrijving"
)
_CREATED_WORDS = words("created added published released release publication launch listed premiere")
_CODE_WORDS = words("id ids code zip postal type class group department genre category section key no")
_RESERVED = {
    ITEMS: frozenset({"ITEM_ID", "CREATION_TIMESTAMP"}),
    USERS: frozenset({"USER_ID"}),
    INTERACTIONS: words(
        "USER_ID ITEM_ID TIMESTAMP EVENT_TYPE EVENT_VALUE IMPRESSION RECOMMENDATION_ID "
        "EVENT_ATTRIBUTION_SOURCE"
    ),
}
_OWN_VALUE = {
    ITEMS: "nearly every item has its own value",
    USERS: "nearly every user has their own value",
    INTERACTIONS: "nearly every row has its own value",
}


@dataclass
class Attributes:
    """The attributes among the columns of a file."""

    items: list[Attribute] = field(default_factory=list)
    users: list[Attribute] = field(default_factory=list)
    context: list[Attribute] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def of(self, dataset: str) -> list[Attribute]:
        """The list of a dataset's attributes."""
        return {ITEMS: self.items, USERS: self.users, INTERACTIONS: self.context}[dataset]


def attributes_of(
    sample: pa.Table,
    profiles: Mapping[str, Profile],
    columns: Sequence[str],
    *,
    item: str,
    user: str,
    ignored: Collection[str] = (),
) -> Attributes:
    """The attributes among `columns` of a file with interactions."""
    found = Attributes()
    codes = {key: _codes(sample, key) for key in (item, user) if key}
    for name in columns:
        one = profiles[name]
        why = _useless(name, one, ignored) or _repeated(sample, name, codes)
        if why:
            found.left_out.append(LeftOut(name, why))
            continue
        dataset = _dataset(sample, name, one, codes.get(item), codes.get(user))
        _add(found, dataset, one, len_of=_distinct_keys(codes, item, user, dataset))
    _choose_names(found)
    return found


def attributes_of_keyed(
    profiles: Mapping[str, Profile], columns: Sequence[str], dataset: str, ignored: Collection[str] = ()
) -> Attributes:
    """The attributes among `columns` of a file about items or users, which has a row for each."""
    found = Attributes()
    for name in columns:
        one = profiles[name]
        if why := _useless(name, one, ignored):
            found.left_out.append(LeftOut(name, why))
        else:
            _add(found, dataset, one, len_of=one.rows)
    _choose_names(found)
    return found


def _useless(name: str, one: Profile, ignored: Collection[str]) -> str:
    if name in ignored:
        return "you left it out"
    if not one.filled:
        return "it is empty"
    if one.distinct == 1 and one.rows > 1:
        return (
            f"all rows have {one.examples[0][:30]!r}" if one.share_filled > 0.99 else "it has one value only"
        )
    if is_personal(name) and not one.is_truth:  # `is_mobile` is no number to call
        return "personal data are not needed"
    if (
        one.rows > 20
        and one.unique > 0.999
        and one.is_number
        and one.whole
        and name.startswith(("column ", "index"))
    ):
        return "it numbers the rows"
    return ""


def describes(sample: pa.Table, name: str, key: str) -> bool:
    """Whether a column is constant for each value of the column `key`, as far as a sample shows."""
    share = _constant(_codes(sample, name), _codes(sample, key))
    return share is not None and share >= MIN_CONSTANT[ITEMS]


def _repeated(sample: pa.Table, name: str, codes: Mapping[str, np.ndarray]) -> str:
    """Why a column is not needed if it has the same cells as that of the item or the user."""
    for key in codes:
        if sample.column(name).equals(sample.column(key)):
            return f"it is the same as {key}"
    return ""


def _dataset(
    sample: pa.Table, name: str, one: Profile, items: np.ndarray | None, users: np.ndarray | None
) -> str:
    """The dataset that a column belongs to: what it is constant for decides, and otherwise its name."""
    values = _codes(sample, name)
    by_item, by_user = _constant(values, items), _constant(values, users)
    parts = set(tokens(name))
    hint = ""
    if tokens(name)[:1] and tokens(name)[0] in CONTEXT_WORDS:
        hint = INTERACTIONS
    elif parts & ITEM_WORDS or score(ITEM, name) >= 4:
        hint = ITEMS
    elif parts & USER_WORDS or score(USER, name) >= 4:
        hint = USERS
    elif parts & CONTEXT_WORDS:
        hint = INTERACTIONS
    constant = {
        ITEMS: by_item is None or by_item >= MIN_CONSTANT[ITEMS],
        USERS: by_user is None or by_user >= MIN_CONSTANT[USERS],
    }
    if constant.get(hint):
        return hint
    known = {ITEMS: by_item, USERS: by_user}
    proven = [dataset for dataset in (ITEMS, USERS) if known[dataset] is not None and constant[dataset]]
    if len(proven) == 1 and hint != INTERACTIONS:
        return proven[0]
    if hint == ITEMS and (by_item is None or by_item >= 0.7):
        return ITEMS
    if len(proven) == 2 and hint != INTERACTIONS:
        return ITEMS if (by_item or 0) >= (by_user or 0) else USERS
    return INTERACTIONS


def _codes(sample: pa.Table, name: str) -> np.ndarray:
    """A column as int32[rows] codes; -1 for empty cells."""
    cells = present(sample.column(name).combine_chunks()).dictionary_encode()
    return np.asarray(pc.fill_null(cells.indices, -1).to_numpy(zero_copy_only=False))


def _constant(values: np.ndarray, keys: np.ndarray | None) -> float | None:
    """The share of rows that have the most frequent value of their key, over keys with several rows.

    None if too few rows have such a key.
    """
    if keys is None:
        return None
    good = (values >= 0) & (keys >= 0)
    values, keys = values[good].astype(np.int64), keys[good].astype(np.int64)
    if not len(keys):
        return None
    several = np.bincount(keys)[keys] > 1
    values, keys = values[several], keys[several]
    if len(keys) < MIN_REPEATED_ROWS:
        return None
    pairs, counts = np.unique(keys * (values.max() + 1) + values, return_counts=True)
    most = np.zeros(keys.max() + 1, np.int64)
    np.maximum.at(most, pairs // (values.max() + 1), counts)
    return float(most.sum() / len(keys))


def _distinct_keys(codes: Mapping[str, np.ndarray], item: str, user: str, dataset: str) -> int:
    key = {ITEMS: item, USERS: user}.get(dataset, "")
    return int(codes[key].max() + 1) if key in codes and len(codes[key]) else 0


def _add(found: Attributes, dataset: str, one: Profile, len_of: int) -> None:
    made = _attribute(dataset, one, len_of, found.of(dataset))
    if isinstance(made, LeftOut):
        found.left_out.append(made)
    elif len(found.of(dataset)) >= MAX_ATTRIBUTES[dataset]:
        found.left_out.append(LeftOut(one.name, f"{MAX_ATTRIBUTES[dataset]} columns are enough"))
    else:
        found.of(dataset).append(made)


def _attribute(dataset: str, one: Profile, keys: int, others: Sequence[Attribute]) -> Attribute | LeftOut:
    parts = set(tokens(one.name))
    taken = {attribute.field.name for attribute in others} | _RESERVED[dataset]
    made = field_name(one.name, taken)
    if one.time is not None and (
        not one.is_number or parts & (_CREATED_WORDS | {"timestamp", "date", "time"})
    ):
        if dataset == ITEMS and parts & _CREATED_WORDS and not any(x.reader == CREATED for x in others):
            created = Field("CREATION_TIMESTAMP", "long", nullable=True)
            return Attribute(one.name, created, CREATED, time_format=one.time)
        return LeftOut(one.name, "it is another time")
    if one.is_truth:
        return Attribute(one.name, Field(made, "string", nullable=True, categorical=True))
    if one.is_number and not (one.whole and parts & _CODE_WORDS):
        if dataset == INTERACTIONS and one.distinct > MAX_CONTEXT_VALUES and not parts & CONTEXT_WORDS:
            return LeftOut(one.name, "a number of a single event says little")
        if one.whole and keys and one.distinct > 0.9 * keys and one.distinct > 200:
            return LeftOut(one.name, _OWN_VALUE[dataset])
        return Attribute(
            one.name, _number_field(made, one), NUMBER, decimal_sign=one.decimal_sign or numbers.POINT
        )
    return _text_attribute(dataset, one, made, keys, parts)


def _number_field(name: str, one: Profile) -> Field:
    if one.whole and one.largest < 2**53:
        return Field(name, "int" if one.largest < 2**31 else "long", nullable=True)
    return Field(name, "float", nullable=True)


def _text_attribute(dataset: str, one: Profile, name: str, keys: int, parts: set[str]) -> Attribute | LeftOut:
    plain = Field(name, "string", nullable=True)
    separator = list_separator(one.examples, one)
    if separator:
        return Attribute(one.name, replace(plain, categorical=True), LIST, separator)
    if dataset == INTERACTIONS:
        if one.mean_length >= TEXT_LENGTH:
            return LeftOut(one.name, "it is free text of an event")
        if one.unique > 0.9 and one.filled > MAX_CONTEXT_VALUES:
            return LeftOut(one.name, _OWN_VALUE[dataset])
        if one.distinct > MAX_CONTEXT_VALUES:
            return LeftOut(one.name, f"{one.distinct:,} values are too many for the context of an event")
        return Attribute(one.name, replace(plain, categorical=True))
    is_link = one.examples[0].startswith(("http://", "https://")) or parts & {
        "url",
        "link",
        "image",
        "img",
        "picture",
        "photo",
        "thumbnail",
        "href",
        "uri",
        "poster",
    }
    is_name = bool(parts & _NAME_WORDS) and one.mean_length < TEXT_LENGTH
    if dataset == ITEMS and (is_link or is_name):
        few = is_name and not is_link and keys and one.distinct <= 0.5 * keys
        return Attribute(one.name, replace(plain, categorical=bool(few)))
    if one.mean_length >= (DESCRIPTION_LENGTH if parts & _DESCRIPTION_WORDS else TEXT_LENGTH):
        if dataset == ITEMS:
            return Attribute(one.name, replace(plain, textual=True))
        return LeftOut(one.name, "it is free text")
    if (keys and one.distinct > max(0.5 * keys, 50)) or one.distinct > MAX_CATEGORIES:
        if dataset == ITEMS and (" " in "".join(one.examples) or score(ITEM, one.name) >= 3):
            return Attribute(one.name, plain)
        return LeftOut(one.name, _OWN_VALUE[dataset])
    return Attribute(one.name, replace(plain, categorical=True))


def list_separator(examples: Sequence[str], one: Profile) -> str:
    """What separates the values of a cell, or an empty text."""
    if one.is_number or one.mean_length > 150:
        return ""
    if any(SEPARATOR in text for text in examples):
        return SEPARATOR
    if all(text.startswith("[") and text.endswith("]") for text in examples):
        return "["
    for separator in (" > ", ">", ";", " / "):
        if sum(separator in text for text in examples) > len(examples) / 3:
            return separator
    parts = set(tokens(one.name))
    if parts & {"genre", "genres", "tags", "categories", "keywords", "labels", "topics", "types"}:
        for separator in (", ", ",", "/"):
            if sum(separator in text for text in examples) > len(examples) / 3:
                return separator
    return ""


def _is_noun_of_items(one: Attribute) -> bool:
    """Whether a column is called what items are, as `Product` beside `SKU`, and has no IDs."""
    is_plain = one.reader == TEXT and not one.field.textual
    return is_plain and len(tokens(one.column)) == 1 and score(ITEM, one.column) == 9


def _choose_names(found: Attributes) -> None:
    """Mark the column that names items, and keep one free text: a schema may have one of each."""
    items = found.items
    texts = [one for one in items if one.field.textual]
    for one in texts[1:]:
        items[items.index(one)] = replace(one, field=replace(one.field, textual=False))
    named = [
        one for one in items if one.field.type == "string" and not one.field.textual and one.reader == TEXT
    ]
    described = [one for one in named if set(tokens(one.column)) & {"description", "desc"}]
    named = [
        one for one in named if set(tokens(one.column)) & _NAME_WORDS and "file" not in tokens(one.column)
    ]
    named.sort(key=lambda one: (len(tokens(one.column)) > 2, not score(ITEM, one.column)))
    nouns = [one for one in items if one.field.type == "string" and _is_noun_of_items(one)]
    named = named or described or nouns
    if named:
        place = items.index(named[0])
        items[place] = replace(named[0], field=replace(named[0].field, item_name=True, categorical=False))
