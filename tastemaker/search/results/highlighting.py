"""Fragments of texts with the words that a query looked for in tags."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tastemaker.search.analysis.words import located
from tastemaker.search.queries.context import QueryContext
from tastemaker.search.queries.node import Highlight, Query
from tastemaker.search.queries.parsing import QueryParser
from tastemaker.search.queries.reading import Members, as_list

FRAGMENT_LETTERS = 100
FRAGMENTS = 5


@dataclass(frozen=True)
class FieldHighlight:
    """How one field is highlighted. `fragments` 0 means the whole text in one piece."""

    pattern: str
    fragment_letters: int
    fragments: int
    before: str
    after: str
    query: Query | None


@dataclass(frozen=True)
class HighlightOptions:
    """The fields that are highlighted. `any_field` is whether a match in one field marks the others too."""

    fields: tuple[FieldHighlight, ...]
    any_field: bool = False


def parse_highlight(value: Any, parser: QueryParser) -> HighlightOptions:
    """Parse the member `highlight`."""
    members = Members("highlight", value)
    fields = members.required("fields")
    any_field = not members.flag("require_field_match", True)
    pairs = [pair for one in as_list(fields) for pair in Members("fields", one).items()]
    shared = members.rest()
    found = tuple(
        _field(str(name), {**shared, **Members(f"highlight of {name}", about).rest()}, parser)
        for name, about in pairs
    )
    return HighlightOptions(found, any_field)


def _field(pattern: str, about: Mapping[str, Any], parser: QueryParser) -> FieldHighlight:
    members = Members(f"highlight of {pattern}", about)
    # There is one highlighter. Its fragments end where words end, and the best one is not put first.
    members.ignore(
        "type", "order", "boundary_scanner", "fragmenter", "no_match_size", "encoder", "require_field_match"
    )
    before, after = as_list(members.take("pre_tags", "<em>")), as_list(members.take("post_tags", "</em>"))
    query = parser.parse(members.take("highlight_query")) if "highlight_query" in members else None
    found = FieldHighlight(
        pattern,
        members.integer("fragment_size", FRAGMENT_LETTERS),
        members.integer("number_of_fragments", FRAGMENTS),
        str(before[0]),
        str(after[0]),
        query,
    )
    members.end()
    return found


class Highlighter:
    """Highlights the hits of one request."""

    def __init__(self, options: HighlightOptions, query: Query, context: QueryContext) -> None:
        reader = context.reader
        self._fields: list[tuple[str, FieldHighlight, list[Highlight]]] = []
        texts = [name for name in reader.fields if reader.column_type(name) in ("string", "categorical")]
        for field in options.fields:
            names = [name for name in texts if fnmatch.fnmatchcase(name, field.pattern)]
            for name in names:
                sources = texts if options.any_field else [name]
                wanted = [
                    one for source in sources for one in (field.query or query).highlights(context, source)
                ]
                if wanted:
                    self._fields.append((name, field, wanted))

    def of(self, source: Mapping[str, Any]) -> dict[str, list[str]]:
        """The fragments of a document by field, of fields that have any."""
        found = {}
        for name, field, wanted in self._fields:
            fragments = [
                fragment
                for text in as_list(source.get(name) or [])
                for fragment in highlighted(str(text), wanted, field)
            ]
            if fragments:
                found[name] = fragments[: field.fragments or len(fragments)]
        return found


def highlighted(text: str, wanted: Sequence[Highlight], field: FieldHighlight) -> list[str]:
    """The fragments of a text that have a wanted word, with tags around each."""
    marks = [word for word in located(text) if any(looks_for(word.text) for looks_for in wanted)]
    if not marks:
        return []
    limit = field.fragment_letters if field.fragments and field.fragment_letters else len(text)
    fragments: list[str] = []
    begin = 0
    while marks:
        begin, end = _fragment(text, max(begin, 0), marks[0].start, limit)
        inside = [word for word in marks if word.end <= end]
        marks = [word for word in marks if word.end > end]
        pieces, at = [], begin
        for word in inside:
            pieces += [text[at : word.start], field.before, text[word.start : word.end], field.after]
            at = word.end
        fragments.append("".join([*pieces, text[at:end]]).strip())
        begin = end
    return fragments


def _fragment(text: str, earliest: int, mark: int, limit: int) -> tuple[int, int]:
    """The borders of a fragment of about `limit` letters around a mark, at spaces."""
    if len(text) <= limit:
        return 0, len(text)
    begin = max(earliest, mark - limit // 4)
    if begin > earliest:
        space = text.find(" ", begin, mark)
        begin = mark if space < 0 else space + 1
    end = min(len(text), begin + limit)
    if end < len(text):
        space = text.rfind(" ", mark, end)
        word_end = text.find(" ", end)
        end = space if space > mark else (len(text) if word_end < 0 else word_end)
    return begin, end
