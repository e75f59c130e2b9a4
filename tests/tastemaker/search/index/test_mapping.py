"""Analyzers of an index from OpenSearch's settings."""

from typing import Any

import pytest

from tastemaker.search.errors import InvalidArgumentError, SearchError
from tastemaker.search.index.mapping import read_mapping


def analysis(*filters: str, **defined: Any) -> dict[str, Any]:
    return {
        "analysis": {"filter": defined, "analyzer": {"shop": {"type": "custom", "filter": list(filters)}}}
    }


def test_custom_analyzer_is_a_language_with_synonyms() -> None:
    settings = analysis(
        "lowercase",
        "words",
        "stems",
        words={"type": "synonym_graph", "synonyms": ["häuser, villa"]},
        stems={"type": "stemmer", "language": "light_german"},
    )
    found = read_mapping(settings, {"properties": {"NAME": {"type": "text", "analyzer": "shop"}}})
    assert found.analyzer("NAME").language == "german"
    assert ("villa",) in found.analyzer("NAME").synonyms[("haus",)]
    assert found.analyzer("OTHER").language == "standard"
    assert found.analyzer("OTHER", "french").language == "french"


@pytest.mark.parametrize(
    ("settings", "mappings", "text"),
    [
        (analysis("lowercase", "shingle"), {}, r"token filter \[shingle\]"),
        (analysis("s", s={"type": "stemmer", "language": "finnish"}), {}, "finnish"),
        (analysis("porter_stem", "g", g={"type": "stop", "stopwords": "_german_"}), {}, "two languages"),
        ({"analysis": {"analyzer": {"x": {"type": "pattern"}}}}, {}, r"analyzer type \[pattern\]"),
        ({"analysis": {"analyzer": {"x": {"tokenizer": "ngram"}}}}, {}, r"tokenizer \[ngram\]"),
        (
            {},
            {"properties": {"NAME": {"type": "text", "analyzer": "none"}}},
            r"failed to find analyzer \[none\]",
        ),
        ({}, {"properties": {"NAME": {"similarity": "x"}}}, r"\[similarity\] of the field \[NAME\]"),
    ],
)
def test_what_is_not_there_is_refused_by_name(
    settings: dict[str, Any], mappings: dict[str, Any], text: str
) -> None:
    with pytest.raises(SearchError, match=text):
        read_mapping(settings, mappings)


def test_unknown_analyzer_of_a_query_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="klingon"):
        read_mapping({}, {}).analyzer("NAME", "klingon")
