"""Definitions of searches as records, beside the store in memory."""

import pytest

from lambdas.search.definitions import CACHE_SECONDS, StoredDefinitions
from tastemaker.control.core.records import MemoryRepository
from tastemaker.search.errors import InvalidArgumentError
from tastemaker.search.service.definitions import Definition, Definitions, MemoryDefinitions


@pytest.fixture(params=["memory", "records"])
def definitions(request: pytest.FixtureRequest) -> Definitions:
    return MemoryDefinitions() if request.param == "memory" else StoredDefinitions(MemoryRepository())


def test_definitions_are_stored_replaced_listed_and_deleted(definitions: Definitions) -> None:
    assert definitions.get(Definition.PIPELINE, "p") is None
    definitions.put(Definition.PIPELINE, "p", {"version": 1})
    definitions.put(Definition.PIPELINE, "a", {"version": 2})
    definitions.put(Definition.INDEX, "p", {"settings": {}})
    definitions.put(Definition.PIPELINE, "p", {"version": 3})
    assert definitions.get(Definition.PIPELINE, "p") == {"version": 3}
    assert definitions.all(Definition.PIPELINE) == {"a": {"version": 2}, "p": {"version": 3}}
    assert definitions.delete(Definition.PIPELINE, "p")
    assert not definitions.delete(Definition.PIPELINE, "p")
    assert definitions.get(Definition.PIPELINE, "p") is None
    assert definitions.get(Definition.INDEX, "p") == {"settings": {}}


def test_change_of_another_process_is_seen_after_the_cache() -> None:
    repository, now = MemoryRepository(), [0.0]
    ours = StoredDefinitions(repository, lambda: now[0])
    theirs = StoredDefinitions(repository)
    ours.put(Definition.PIPELINE, "p", {"version": 1})
    theirs.put(Definition.PIPELINE, "p", {"version": 2})
    assert ours.get(Definition.PIPELINE, "p") == {"version": 1}
    now[0] = CACHE_SECONDS
    assert ours.get(Definition.PIPELINE, "p") == {"version": 2}


def test_definition_that_no_record_can_hold_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="more than 300,000 bytes"):
        StoredDefinitions(MemoryRepository()).put(Definition.INDEX, "p", {"synonyms": "x" * 300_000})
