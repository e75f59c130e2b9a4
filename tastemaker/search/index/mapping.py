"""The analyzers of an index's fields, from its settings and mappings in OpenSearch's format.

    {"settings": {"analysis": {
        "filter": {"shop_synonyms": {"type": "synonym", "synonyms": ["tv, television"]}},
        "analyzer": {"shop": {"type": "custom", "tokenizer": "standard",
                              "filter": ["lowercase", "shop_synonyms", "english_stop", "porter_stem"]}}}},
     "mappings": {"properties": {"NAME": {"type": "text", "analyzer": "shop"}}}}

The types of fields come from the Items schema. A custom analyzer is one of the languages and its synonyms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tastemaker.columns import BOOLEAN, CATEGORICAL, NUMBER, STRING
from tastemaker.search.analysis.analyzers import ANALYZERS, LANGUAGES, STANDARD, Analyzer
from tastemaker.search.analysis.synonyms import read_synonyms
from tastemaker.search.errors import InvalidArgumentError, UnsupportedError

FIELD_TYPES: Mapping[str, tuple[str, ...]] = {
    STRING: ("text", "keyword"),
    CATEGORICAL: ("keyword", "text"),
    NUMBER: ("double", "float", "half_float", "long", "integer", "short", "byte", "date"),
    BOOLEAN: ("boolean",),
}
"""The types that a mapping may give to a field, by the type of its column. The first one is reported."""
_PLAIN_FILTERS = ("lowercase", "asciifolding")
_STEMS = {"porter_stem": "english", "kstem": "english", "german_normalization": "german"}
_FIELD_MEMBERS = {"type", "analyzer", "search_analyzer", "fields", "index", "store", "ignore_above", "format"}


@dataclass(frozen=True)
class FieldMapping:
    """The analyzers of an index by name, and the names of those that its fields have."""

    analyzers: Mapping[str, Analyzer] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    default: str = STANDARD

    def analyzer(self, field_name: str, named: str | None = None) -> Analyzer:
        """The analyzer of this name, or that of a field. Raises InvalidArgumentError for an unknown one."""
        name = named or self.fields.get(field_name, self.default)
        found = self.analyzers.get(name)
        if found is None and name in ANALYZERS:
            found = Analyzer(name)
        if found is None:
            raise InvalidArgumentError(
                f"failed to find analyzer [{name}]; there are {', '.join(self.names())}"
            )
        return found

    def names(self) -> list[str]:
        """The names of all analyzers."""
        return [*ANALYZERS, *(name for name in self.analyzers if name not in ANALYZERS)]


def read_mapping(settings: Any, mappings: Any) -> FieldMapping:
    """Read the members `settings.analysis` and `mappings` of an index. Raises InvalidArgumentError."""
    given = _object("settings", settings)
    analysis = _object(
        "analysis", given.get("analysis") or _object("index", given.get("index")).get("analysis")
    )
    analyzers = {
        str(name): _analyzer(str(name), _object(str(name), about), analysis)
        for name, about in _object("analyzer", analysis.get("analyzer")).items()
    }
    fields = {}
    for name, about in _object("properties", _object("mappings", mappings).get("properties")).items():
        chosen = _field_analyzer(str(name), about)
        if chosen is not None:
            fields[str(name)] = chosen
    mapping = FieldMapping(analyzers, fields, "default" if "default" in analyzers else STANDARD)
    for name in fields:
        mapping.analyzer(name)
    return mapping


def _object(what: str, value: Any) -> Mapping[str, Any]:
    """A JSON object; an empty one for nothing."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidArgumentError(f"[{what}] must be an object, found [{str(value)[:60]}]")
    return value


def _field_analyzer(name: str, about: Any) -> str | None:
    if not isinstance(about, Mapping):
        raise InvalidArgumentError(f"Expected map for property [{name}] but got {about!r}")
    unknown = sorted(set(about) - _FIELD_MEMBERS)
    if unknown:
        raise UnsupportedError(
            f"The embedded index does not have the mapping parameter [{unknown[0]}] of the field [{name}]."
        )
    chosen = about.get("search_analyzer") or about.get("analyzer")
    return None if chosen is None else str(chosen)


def _analyzer(name: str, about: Mapping[str, Any], analysis: Mapping[str, Any]) -> Analyzer:
    kind = str(about.get("type", "custom"))
    if kind in ANALYZERS:
        return Analyzer(kind)
    if kind != "custom":
        raise UnsupportedError(
            f"The embedded index does not have the analyzer type [{kind}] of [{name}]. It has custom, "
            f"{', '.join(ANALYZERS)}."
        )
    if about.get("tokenizer", STANDARD) != STANDARD:
        raise UnsupportedError(
            f"The embedded index does not have the tokenizer [{about['tokenizer']}] of [{name}]. "
            "It has standard."
        )
    if about.get("char_filter"):
        raise UnsupportedError(f"The embedded index has no character filters; [{name}] names one.")
    filters = about.get("filter") or ()
    language = STANDARD
    rules: list[str] = []
    if not isinstance(filters, (str, list, tuple)):
        raise InvalidArgumentError(f"[filter] of the analyzer [{name}] must be a list of names.")
    defined = _object("filter", analysis.get("filter"))
    for named in [filters] if isinstance(filters, str) else map(str, filters):
        found, synonyms = _filter(named, None if named not in defined else _object(named, defined[named]))
        if found and language not in (STANDARD, found):
            raise InvalidArgumentError(
                f"The analyzer [{name}] has filters of two languages: {language}, {found}."
            )
        language = found or language
        rules += synonyms
    return Analyzer(language, read_synonyms(rules, language))


def _filter(name: str, about: Mapping[str, Any] | None) -> tuple[str | None, Sequence[str]]:
    """The language that a token filter belongs to, and its synonyms."""
    if about is None:
        if name in _PLAIN_FILTERS or name == "stop":
            return None, ()
        if name in _STEMS:
            return _STEMS[name], ()
        raise UnsupportedError(f"The embedded index does not have the token filter [{name}].")
    kind = str(about.get("type"))
    if kind in ("synonym", "synonym_graph"):
        rules = about.get("synonyms")
        if not isinstance(rules, list):
            raise UnsupportedError(f"The filter [{name}] must list its rules in [synonyms].")
        return None, [str(rule) for rule in rules]
    if kind in _PLAIN_FILTERS:
        return None, ()
    if kind in ("stemmer", "stop", "snowball"):
        given = str(about.get("language") or about.get("name") or about.get("stopwords") or "english")
        for language in LANGUAGES:
            if language in given.lower():
                return language, ()
        raise UnsupportedError(
            f"The filter [{name}] is for [{given}]. The embedded index has {', '.join(LANGUAGES)}."
        )
    if kind == "elision":
        return "french", ()
    raise UnsupportedError(
        f"The embedded index does not have the type [{kind}] of the token filter [{name}]."
    )
