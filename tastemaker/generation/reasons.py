"""Explanations as one sentence: `Because you watched Alien and Dune`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tastemaker.generation.phrases import phrases
from tastemaker.generation.safe_text import shortened
from tastemaker.schemas.naming import fold

MAX_NAMES = 2
MAX_NAME_LETTERS = 60


@dataclass(frozen=True)
class Cause:
    """An event that made an item likely: the name of its item, and its type, which may be empty."""

    name: str
    event_type: str = ""


def sentence(causes: Sequence[Cause], language: str, *, popular: bool = False) -> str:
    """The sentence for an item, from its causes with the strongest first.

    Only causes with the type of the first one are named. Without a cause the sentence says that the item is
    popular, or only that it was picked.
    """
    words = phrases(language)
    if not causes:
        return words.popular if popular else words.picked
    event_type = causes[0].event_type
    same = [cause for cause in causes if fold(cause.event_type) == fold(event_type)]
    template = words.verbs.get(fold(event_type).replace("-", ""), words.interest)
    return template.replace("{names}", words.listed(_names(same)))


def row_sentence(causes: Sequence[Sequence[Cause]], language: str) -> str:
    """The sentence for a whole row: by the causes that most of its items share."""
    counted: dict[Cause, int] = {}
    for of_item in causes:
        for cause in dict.fromkeys(of_item):
            counted[cause] = counted.get(cause, 0) + 1
    shared = sorted(counted, key=lambda cause: -counted[cause])
    return sentence([cause for cause in shared if counted[cause] * 3 >= len(causes)], language)


def similar_sentence(name: str, language: str) -> str:
    """The sentence for items that are similar to an item."""
    words = phrases(language)
    return words.similar.replace("{names}", shortened(name, MAX_NAME_LETTERS))


def _names(causes: Sequence[Cause]) -> list[str]:
    names = dict.fromkeys(shortened(cause.name, MAX_NAME_LETTERS) for cause in causes)
    return list(names)[:MAX_NAMES]
