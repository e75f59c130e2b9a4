"""A user's taste in a few words: `Mostly thriller and crime of the 1990s, recently animation`.

What the model recommends to a user is its view of the user. An attribute value belongs to the taste if it is
more frequent there than in the catalog. What the user did last may show something else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.generation.item_facts import YEAR_COLUMNS, ItemFacts
from tastemaker.generation.phrases import phrases
from tastemaker.generation.themes import is_label
from tastemaker.notation import SEPARATOR
from tastemaker.schemas.naming import fold

MIN_SHARE = 0.2
MIN_LIFT = 1.3
"""How much more frequent than in the catalog a value must be."""
MAX_VALUES = 2
RECENT_ITEMS = 10
MIN_RECENT_SHARE = 0.3


@dataclass(frozen=True)
class Trait:
    """A value that is frequent among a user's items. `lift` is the factor compared with the catalog."""

    column: str
    value: str
    share: float
    lift: float


@dataclass(frozen=True)
class Taste:
    """What the model expects, and what the newest events add."""

    usual: Sequence[Trait]
    recent: Sequence[Trait]


def taste_of(
    recommended: Sequence[ItemFacts], newest: Sequence[ItemFacts], catalog: Sequence[ItemFacts]
) -> Taste:
    """The taste of a user. `newest` are the items of the newest events; `catalog` is a sample."""
    common = _shares(catalog)
    usual = _traits(_shares(recommended), common, MIN_SHARE)
    known = {trait.value for trait in usual}
    recent = _traits(_shares(newest[:RECENT_ITEMS]), common, MIN_RECENT_SHARE)
    return Taste(
        usual[: MAX_VALUES + 1], [trait for trait in recent if trait.value not in known][:MAX_VALUES]
    )


def sentence(taste: Taste, language: str) -> str:
    """The taste in words."""
    words = phrases(language)
    usual = [_name(trait, language) for trait in taste.usual]
    recent = [_name(trait, language) for trait in taste.recent]
    if not usual and not recent:
        return words.no_taste
    parts = []
    if usual:
        parts.append(words.mostly.replace("{names}", words.listed(usual)))
    if recent:
        parts.append(words.recently.replace("{names}", words.listed(recent)))
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _name(trait: Trait, language: str) -> str:
    if fold(trait.column) in YEAR_COLUMNS:
        return phrases(language).decade.replace("{decade}", trait.value)
    return trait.value.replace("_", " ")


def _shares(items: Sequence[ItemFacts]) -> Mapping[tuple[str, str], float]:
    """The share of the items that have each value of a column. Years count as decades."""
    counted: Counter[tuple[str, str]] = Counter()
    for item in items:
        for column, value in item.attributes.items():
            if fold(column) in YEAR_COLUMNS:
                counted[column, f"{value[:3]}0"] += len(value) == 4 and value.isdigit()
                continue
            counted.update(
                {(column, part.strip()) for part in value.split(SEPARATOR) if is_label(part.strip())}
            )
    return {key: count / len(items) for key, count in counted.items() if count}


def _traits(
    shares: Mapping[tuple[str, str], float], common: Mapping[tuple[str, str], float], least: float
) -> list[Trait]:
    found = []
    for (column, value), share in shares.items():
        lift = share / max(common.get((column, value), 0.0), 1e-3)
        if share >= least and lift >= MIN_LIFT:
            found.append(Trait(column, value, round(share, 4), round(lift, 2)))

    def order(trait: Trait) -> tuple[bool, float, str]:
        return (fold(trait.column) in YEAR_COLUMNS, -trait.share * float(np.log(trait.lift)), trait.value)

    found.sort(key=order)
    unique: dict[str, Trait] = {}
    for trait in found:
        unique.setdefault(trait.value, trait)
    return list(unique.values())
