"""Checks that a generated text says only what the items' own data say.

Numbers, prices, names and claims are looked up in the facts of the items that the text is about. What is
found there is reported with its source; anything else is a problem, and the text is not used. The check does
not understand a text. It refuses what it cannot find, so that it errs on the side of the template.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tastemaker.generation.claims import claims_in, placed_claims
from tastemaker.generation.item_facts import CURRENCIES, ItemFacts
from tastemaker.generation.mentions import Mentions
from tastemaker.generation.safe_text import addresses_the_model, contains_address, contains_markup
from tastemaker.generation.terms import WORD, language_of

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MONEY = re.compile(
    r"(?P<before>R\$|[$€£¥₹])?\s?(?P<number>\d+(?:[.,]\d+)*)\s?(?P<after>[$€£¥₹]|USD\b|EUR\b|GBP\b|JPY\b|%)?"
)
_PERCENT = re.compile(r"(\d+(?:[.,]\d+)*)\s?%")
_QUOTED = re.compile(r"[\"“„«‹]([^\"“”„»›]{2,80})[\"”“»›]")
_CLAUSE = re.compile(r"(?<=[.!?:…])\s+|\n+|\s[–—]\s|\s-\s|^- ")
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-Þ][\w'’-]+")
_CAPITALS = re.compile(r"[A-ZÀ-ÖØ-Þ][\w'’-]*(?: [A-ZÀ-ÖØ-Þ][\w'’-]*)+")
CAPITALIZED_NOUNS = frozenset({"de"})
"""Languages in which a capital letter does not mark a name."""

MIN_LANGUAGE_WORDS = 5
MAX_NAME_WORDS = 8
MAX_REPEATED_WORDS = 3


@dataclass(frozen=True)
class Fact:
    """A part of a text, and where it comes from: the item, the column, and the column's value."""

    text: str
    item_id: str
    column: str
    value: str


@dataclass(frozen=True)
class NameIndex:
    """The names of a catalog's items, to recognize those that a text should not mention."""

    names: Collection[str] = field(default_factory=frozenset)

    @classmethod
    def build(cls, names: Iterable[str]) -> NameIndex:
        """The index of these names. Single words are left out: they are also common words."""
        folded = (" ".join(_folded_words(name)) for name in names)
        return cls(frozenset(name for name in folded if " " in name))

    def mentioned(self, text: str) -> Iterator[str]:
        """The names in a text, in lower case."""
        words = _folded_words(text)
        for start in range(len(words)):
            for length in range(2, MAX_NAME_WORDS + 1):
                name = " ".join(words[start : start + length])
                if start + length <= len(words) and name in self.names:
                    yield name


@dataclass(frozen=True)
class Rules:
    """What a text may be.

    `currency` is the code of the only currency; None if prices have none. `allowed` are words and numbers
    that are no facts: those of the template, and of the request. With `names_items` a text must name at least
    one of the items in full.
    """

    language: str
    longest: int
    shortest: int = 1
    lines: int = 1
    currency: str | None = None
    allowed: str = ""
    names: NameIndex = field(default_factory=NameIndex)
    names_items: bool = False


def problems(text: str, items: Sequence[ItemFacts], rules: Rules) -> list[str]:
    """What is wrong with a text about these items. Empty if it can be used."""
    sources = "\n".join([*(item.words for item in items), rules.allowed])
    mentions = Mentions(text, items)
    return [
        *_form(text, rules),
        *_repetition(text, items, rules),
        *_language(text, items, rules),
        *_numbers(text, mentions, sources, rules),
        *_names(text, sources, rules),
        *_whole_names(text, items, sources, rules),
        *_claims(text, mentions, rules),
    ]


def facts_in(text: str, items: Sequence[ItemFacts]) -> list[Fact]:
    """The facts of a text with their sources, in the order of the items."""
    found: list[Fact] = []
    folded = text.casefold()
    numbers = {number: token for token in _NUMBER.findall(text) for number in readings(token)}
    for item in items:
        if item.name.casefold() in folded:
            found.append(Fact(item.name, item.item_id, item.name_column, item.name))
        if item.price is not None and item.price in numbers:
            found.append(Fact(numbers[item.price], item.item_id, item.price_column, f"{item.price:g}"))
        for column, value in item.attributes.items():
            for part in value.split("|"):
                if len(part) > 2 and _has_words(folded, part.casefold()):
                    found.append(Fact(part, item.item_id, column, value))
        source = f"{item.name} {item.text}".casefold()
        found += [
            Fact(claim, item.item_id, item.text_column, item.text)
            for claim in claims_in(text)
            if _has_words(source, claim)
        ]
    return found


def readings(token: str) -> set[float]:
    """The numbers that a token can stand for: 1.299,00 and 1,299.00 are the same; 1,299 has two readings."""
    found: set[float] = set()
    for thousands, point in ((",", "."), (".", ",")):
        if re.fullmatch(
            rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})*(?:{re.escape(point)}\d+)?|\d+"
            rf"(?:{re.escape(point)}\d+)?",
            token,
        ):
            found.add(float(token.replace(thousands, "").replace(point, ".")))
    return found or {float(re.sub(r"\D", "", token))}


def _form(text: str, rules: Rules) -> Iterator[str]:
    if len(text) > rules.longest:
        yield f"The text has {len(text)} letters; it may have {rules.longest}."
    if len(text) < rules.shortest:
        yield f"The text has {len(text)} letters; it must have {rules.shortest}."
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > rules.lines:
        yield f"The text has {len(lines)} lines; it may have {rules.lines}."
    if contains_address(text):
        yield "The text has a web or mail address."
    if contains_markup(text):
        yield "The text has markup or placeholders."
    if addresses_the_model(text):
        yield "The text has instructions in it."
    words = [word for word in _folded_words(text) if len(word) > 4]
    repeated = {word for word in words if words.count(word) > MAX_REPEATED_WORDS}
    if repeated and rules.lines == 1:
        yield f"The text repeats {', '.join(sorted(repeated))}."


def _repetition(text: str, items: Sequence[ItemFacts], rules: Rules) -> Iterator[str]:
    """Three words that a line has twice outside of names, or a word that follows itself."""
    words = _folded_words(_without(text, [item.name for item in items]))
    if rules.lines == 1:
        triples = list(zip(words, words[1:], words[2:], strict=False))
        twice = next((one for place, one in enumerate(triples) if one in triples[:place]), None)
        if twice is not None:
            yield f"The text repeats {' '.join(twice)!r}."
        again = next((word for word, following in pairwise(words) if word == following), None)
        if again is not None:
            yield f"The text repeats {again!r}."


def _language(text: str, items: Sequence[ItemFacts], rules: Rules) -> Iterator[str]:
    own = _without(text, [part for one in items for part in (one.name, one.text, *one.attributes.values())])
    found = language_of(own) if len(WORD.findall(own)) >= MIN_LANGUAGE_WORDS else None
    if found is not None and found != rules.language:
        yield f"The text is in the language {found}; it must be in {rules.language}."


def _numbers(text: str, mentions: Mentions, sources: str, rules: Rules) -> Iterator[str]:
    """A number belongs to the item that the sentence has named last, a price with a sign to the nearest one.

    Names come before their prices, or after them if the first price of the sentence comes before any name.
    """
    known = _numbers_of(sources) | _prices_of(mentions.items)
    sign = CURRENCIES.get(rules.currency or "", rules.currency or "")
    first_prices: dict[int, int] = {}
    for match in _MONEY.finditer(text):
        place, mark = match.start("number"), match["before"] or match["after"]
        if not readings(match["number"]) & known:
            yield f"The items do not have the number {match['number']}."
            continue
        is_price = mark not in (None, "%")
        if is_price:
            first = first_prices.setdefault(mentions.sentence(place), place)
            names_are_after = mentions.are_after(first)
            owners = mentions.after(place) if names_are_after else mentions.before(place)
        else:
            owners = mentions.before(place)
        if is_price and mark not in {sign, rules.currency}:
            yield f"Prices are not in {mark}."
        yield from _foreign_number(match, owners, is_price=is_price, rules=rules)


def _foreign_number(
    match: re.Match[str], owners: Sequence[ItemFacts], *, is_price: bool, rules: Rules
) -> Iterator[str]:
    said, numbers = match.group().strip(), readings(match["number"])
    names = " or ".join(item.name for item in owners)
    if is_price:
        if not numbers & _prices_of(owners):
            yield f"{said} is not the price of {names}."
        return
    own = "\n".join([*(item.words for item in owners), rules.allowed])
    if match["after"] == "%":
        if not numbers & {one for token in _PERCENT.findall(own) for one in readings(token)}:
            yield f"The items do not say {said}."
    elif not numbers & (_numbers_of(own) | _prices_of(owners)):
        yield f"{said} is not of {names}."


def _prices_of(items: Iterable[ItemFacts]) -> set[float]:
    return {item.price for item in items if item.price is not None}


def _numbers_of(text: str) -> set[float]:
    return {number for token in _NUMBER.findall(text) for number in readings(token)}


def _claims(text: str, mentions: Mentions, rules: Rules) -> Iterator[str]:
    """A claim is made for the item that the sentence has named last, or for all that it names later."""
    for place, claim in placed_claims(text, rules.language):
        for item in mentions.before(place):
            if not _has_words(f"{item.words}\n{rules.allowed}".casefold(), claim):
                yield f"The data of {item.name} do not say {claim!r}."


def _names(text: str, sources: str, rules: Rules) -> Iterator[str]:
    folded = " ".join(_folded_words(sources))
    for name in rules.names.mentioned(text):
        if not _has_words(folded, name):
            yield f"The text names {name!r}, which is not one of the items."
    for quoted in _QUOTED.findall(text):
        if not _has_words(folded, " ".join(_folded_words(quoted))):
            yield f"The items do not have the words {quoted!r}."
    if rules.language in CAPITALIZED_NOUNS:
        return
    known = {*folded.split(), (rules.currency or "").casefold()}
    for part in _CLAUSE.split(text):
        rest = part.lstrip(" -•*'\"“„«¡¿(").split(" ", 1)[1:]
        for word in _CAPITAL.findall(rest[0]) if rest else ():
            if not set(_folded_words(word)) <= known:
                yield f"The items do not have the name {word!r}; use capitals for names only."


def _whole_names(text: str, items: Sequence[ItemFacts], sources: str, rules: Rules) -> Iterator[str]:
    """Names that lack words in the middle, and a text without any name although it needs one."""
    if rules.names_items and not any(item.name in text for item in items):
        yield "The text must have the full name of at least one of the items."
    if rules.language in CAPITALIZED_NOUNS:
        return
    known = " ".join(_folded_words(sources))
    for part in _CLAUSE.split(_without(text, [item.name for item in items], "\n")):
        rest = part.lstrip(" -•*'\"“„«¡¿(").split(" ", 1)[1:]
        for run in _CAPITALS.findall(rest[0]) if rest else ():
            if not _has_words(known, " ".join(_folded_words(run))):
                yield f"The items do not have the name {run!r}; write names in full."


def _without(text: str, parts: Iterable[str], instead: str = " ") -> str:
    """The text without these parts of it, the longest first."""
    for part in sorted(filter(None, parts), key=len, reverse=True):
        text = re.sub(re.escape(part), instead, text, flags=re.IGNORECASE)
    return text


def _folded_words(text: str) -> list[str]:
    return [word.casefold() for word in WORD.findall(text)]


def _has_words(folded: str, wanted: str) -> bool:
    """Whether a text in lower case has these words, not just as parts of other words."""
    return re.search(rf"(?<![^\W_]){re.escape(wanted)}(?![^\W_])", folded) is not None
