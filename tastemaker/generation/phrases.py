"""The templates of messages and explanations, by language. They promise nothing and name no facts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tastemaker.generation.item_facts import CURRENCIES

FILE = Path(__file__).with_name("phrases.json")
LANGUAGES = ("en", "de", "fr", "es")
NO_DECIMALS = frozenset({"JPY"})


@dataclass(frozen=True)
class Phrases:
    """The phrases of one language. `{names}` and `{name}` stand for names of items.

    `subjects`, `pushes`, `intros` and `closings` are by tone. `verbs` maps folded event types to sentences.
    """

    language: str
    conjunction: str
    more: str
    subjects: Mapping[str, str]
    pushes: Mapping[str, str]
    intros: Mapping[str, str]
    closings: Mapping[str, str]
    row: str
    verbs: Mapping[str, str]
    interest: str
    similar: str
    popular: str
    picked: str
    mostly: str
    recently: str
    no_taste: str
    decade: str
    sign_first: bool
    point: str
    thousands: str

    def listed(self, names: Sequence[str]) -> str:
        """The names as a list: `a, b and c`."""
        *first, last = names
        return f"{', '.join(first)} {self.conjunction} {last}" if first else last

    def price(self, number: float, currency: str | None) -> str:
        """A price as the language writes it; without a currency only the number."""
        whole = float(number).is_integer() or currency in NO_DECIMALS
        text = f"{number:,.0f}" if whole else f"{number:,.2f}"
        text = text.replace(",", "\0").replace(".", self.point).replace("\0", self.thousands)
        sign = CURRENCIES.get(currency or "", currency or "")
        if not sign:
            return text
        return f"{sign}{text}" if self.sign_first and len(sign) < 3 else f"{text} {sign}"

    @property
    def words(self) -> str:
        """Every word of the phrases. They are no facts."""
        groups = (self.subjects, self.pushes, self.intros, self.closings, self.verbs)
        texts = [text for group in groups for text in group.values()]
        return " ".join(
            [*texts, self.row, self.interest, self.similar, self.popular, self.picked, self.mostly]
        )


@cache
def phrases(language: str) -> Phrases:
    """The phrases of a language. Raises KeyError for a language without phrases."""
    return Phrases(language, **json.loads(FILE.read_text(encoding="utf-8"))[language])
