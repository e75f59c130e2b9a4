"""Definitions of pipelines."""

from typing import Any

import pytest

from tastemaker.search.errors import SearchError
from tastemaker.search.pipelines.definition import read_pipeline
from tests.tastemaker.search.pipelines.test_options import PLUGIN

OURS = {"personalized_search_ranking": PLUGIN}


def test_other_processors_are_kept_for_the_server() -> None:
    other = {"rename_field": {"field": "a", "target_field": "b"}}
    body = {
        "description": "d",
        "request_processors": [{"oversample": {}}],
        "response_processors": [other, OURS],
    }
    pipeline = read_pipeline("p", body)
    assert pipeline.ranking is not None
    assert pipeline.rest == {
        "description": "d",
        "request_processors": [{"oversample": {}}],
        "response_processors": [other],
    }
    assert pipeline.has_rest
    assert not read_pipeline("p", {"response_processors": [OURS]}).has_rest


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ([], "must be an object"),
        ({"processors": []}, r"\[processors\]"),
        ({"response_processors": {}}, "isn't a list"),
        ({"response_processors": [{}]}, "its type as the only member"),
        ({"response_processors": [OURS, {"sort": {}}]}, "must be the last response processor"),
        ({"response_processors": [OURS, OURS]}, "more than one"),
        ({"request_processors": [OURS]}, "it is a response processor"),
        ({"response_processors": [{"personalized_search_ranking": []}]}, "isn't a map"),
    ],
)
def test_invalid_definition_is_refused(body: Any, text: str) -> None:
    with pytest.raises(SearchError, match=text):
        read_pipeline("p", body)
