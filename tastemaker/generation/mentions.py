"""Which items a place in a text is about, so that a price or a claim is not taken from another item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tastemaker.generation.item_facts import ItemFacts

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+")


@dataclass(frozen=True)
class Mention:
    """A name in a text, from `start` up to `end`, and the items that have it."""

    start: int
    end: int
    items: tuple[ItemFacts, ...]


class Mentions:
    """The names of some items in a text. A name inside a longer one does not count."""

    def __init__(self, text: str, items: Sequence[ItemFacts]) -> None:
        self.items = tuple(items)
        self._ends = [match.end() for match in _SENTENCE_END.finditer(text)]
        self._all = list(_mentions(text, items))

    def before(self, place: int) -> tuple[ItemFacts, ...]:
        """The items that are named last up to a place: in its sentence, or else those of `around`."""
        found = [one for one in self._in_sentence(place) if one.start <= place]
        return found[-1].items if found else self.around(place)

    def after(self, place: int) -> tuple[ItemFacts, ...]:
        """The items that are named next in the sentence of a place, or else those of `around`."""
        found = [one for one in self._in_sentence(place) if one.start > place]
        return found[0].items if found else self.around(place)

    def around(self, place: int) -> tuple[ItemFacts, ...]:
        """All items that the sentence of a place names, or else those that the text has named last.

        A text that has named no item yet is about the one that it names next, or else about all.
        """
        here = self._in_sentence(place)
        if here:
            return tuple(item for one in here for item in one.items)
        earlier = [one for one in self._all if one.start < place]
        later = [one for one in self._all if one.start > place]
        nearest = earlier[-1:] or later[:1]
        return nearest[0].items if nearest else self.items

    def are_after(self, place: int) -> bool:
        """Whether a sentence has names, and all of them come after a place in it."""
        here = self._in_sentence(place)
        return bool(here) and place < here[0].start

    def sentence(self, place: int) -> int:
        """The number of the sentence of a place."""
        return sum(end <= place for end in self._ends)

    def _in_sentence(self, place: int) -> list[Mention]:
        wanted = self.sentence(place)
        return [one for one in self._all if self.sentence(one.start) == wanted]


def _mentions(text: str, items: Sequence[ItemFacts]) -> Iterator[Mention]:
    by_name: dict[str, list[ItemFacts]] = {}
    for item in items:
        by_name.setdefault(item.name.casefold(), []).append(item)
    names = sorted(filter(None, by_name), key=len, reverse=True)
    if not names:
        return
    pattern = re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, names))})(?![^\W_])", re.IGNORECASE)
    for match in pattern.finditer(text):
        if match.group().casefold() in by_name:
            yield Mention(match.start(), match.end(), tuple(by_name[match.group().casefold()]))
