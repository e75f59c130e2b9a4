"""One part of an index: the words of some items, built once.

The items of a bundle are one segment, and the items that were upserted since are another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Column, Columns
from tastemaker.errors import TastemakerError
from tastemaker.ids import Ids, open_array, save_array
from tastemaker.search.analysis.analyzers import LANGUAGES, STANDARD, token
from tastemaker.search.analysis.words import words
from tastemaker.search.index.text_field import TextField
from tastemaker.search.index.vocabulary import FuzzyWords

FORMAT_VERSION = 1
MANIFEST = "search.json"


class UnknownIndexFormatError(TastemakerError):
    """The index has a format version that this release does not read."""


@dataclass(frozen=True)
class Tokens:
    """The tokens that words count as in one language.

    Token `t` stands for the words `members[offsets[t]:offsets[t + 1]]`, int32 positions in the list of words.
    """

    vocabulary: Ids
    offsets: NDArray[np.int64]
    members: NDArray[np.int32]

    @classmethod
    def build(cls, language: str, vocabulary: Ids) -> Tokens:
        """Group words by their token. Stop words are in no group."""
        tokens = [token(language, word) for word in vocabulary.tolist()]
        found = Ids.build(text for text in tokens if text)
        place = {text: position for position, text in enumerate(found.tolist())}
        codes = np.fromiter((place.get(text, -1) for text in tokens), np.int32, len(tokens))
        order = np.argsort(codes, kind="stable")[np.count_nonzero(codes < 0) :]
        counts = np.bincount(codes[codes >= 0], minlength=len(found))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return cls(found, offsets, order.astype(np.int32))

    @classmethod
    def of_words(cls, vocabulary: Ids) -> Tokens:
        """Each word as a token of its own."""
        return cls(vocabulary, np.arange(len(vocabulary) + 1), np.arange(len(vocabulary), dtype=np.int32))

    @cached_property
    def fuzzy(self) -> FuzzyWords:
        """The tokens as they are compared with misspelled words."""
        return FuzzyWords(self.vocabulary)

    def words_of(self, position: int) -> list[int]:
        """The words that a token stands for."""
        members: list[int] = self.members[self.offsets[position] : self.offsets[position + 1]].tolist()
        return members


@dataclass(frozen=True)
class Segment:
    """Words, tokens by language, postings by field, and how many rows there are."""

    rows: int
    vocabulary: Ids
    tokens: Mapping[str, Tokens]
    fields: Mapping[str, TextField]

    @classmethod
    def build(cls, columns: Columns) -> Segment:
        """Index the columns of text: each value of a categorical column is a text of its own."""
        numbers: dict[str, int] = {}
        flat = {name: _flat(column, numbers) for name, column in columns.items() if column.is_text}
        vocabulary = Ids.build(numbers)
        place = np.zeros(len(numbers), np.int32)
        for position, word in enumerate(vocabulary.tolist()):
            place[numbers[word]] = position
        fields = {
            name: TextField.build(place[word], row, len(vocabulary), columns.rows)
            for name, (word, row) in flat.items()
        }
        tokens = {language: Tokens.build(language, vocabulary) for language in LANGUAGES}
        tokens[STANDARD] = Tokens.of_words(vocabulary)
        return cls(columns.rows, vocabulary, tokens, fields)

    def save(self, folder: Path) -> None:
        """Write the index into a folder, which is created if it does not exist. `search.json` is last."""
        folder.mkdir(parents=True, exist_ok=True)
        self.vocabulary.save(folder, "words")
        for language in LANGUAGES:
            tokens = self.tokens[language]
            tokens.vocabulary.save(folder, f"tokens.{language}")
            save_array(folder / f"tokens.{language}.groups.npy", tokens.offsets)
            save_array(folder / f"tokens.{language}.members.npy", tokens.members)
        for name, field in self.fields.items():
            field.save(folder, f"field.{name}")
        manifest = {"formatVersion": FORMAT_VERSION, "rows": self.rows, "fields": list(self.fields)}
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Segment:
        """Open what `save` wrote as memory maps. Raises UnknownIndexFormatError and FileNotFoundError."""
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("formatVersion") != FORMAT_VERSION:
            raise UnknownIndexFormatError(
                f"The search index in {folder} has format version {manifest.get('formatVersion')!r}. This "
                f"release reads {FORMAT_VERSION}. Train the solution again."
            )
        vocabulary = Ids.open(folder, "words")
        tokens = {
            language: Tokens(
                Ids.open(folder, f"tokens.{language}"),
                open_array(folder / f"tokens.{language}.groups.npy"),
                open_array(folder / f"tokens.{language}.members.npy"),
            )
            for language in LANGUAGES
        }
        tokens[STANDARD] = Tokens.of_words(vocabulary)
        fields = {name: TextField.open(folder, f"field.{name}") for name in manifest["fields"]}
        return cls(int(manifest["rows"]), vocabulary, tokens, fields)


def _flat(column: Column, numbers: dict[str, int]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The word and the row of each token of a column, in the order of rows.

    Words are numbered by `numbers` in the order in which they appear. Each distinct value is read once.
    """
    texts = [words(text) for text in column.vocabulary.tolist()]
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    begins = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    number = np.fromiter(
        (numbers.setdefault(word, len(numbers)) for text in texts for word in text), np.int32, int(begins[-1])
    )
    codes = np.asarray(column.codes)
    row_of = np.repeat(np.arange(len(column), dtype=np.int32), np.diff(column.offsets))
    lengths = sizes[codes]
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    at = np.repeat(begins[codes] - (ends - lengths), lengths) + np.arange(total)
    return number[at], np.repeat(row_of, lengths)
