"""Upserts as parts of an index: a change indexes little, and the newest record of an item counts."""

from pathlib import Path

from tastemaker.search.index.mapping import FieldMapping
from tastemaker.search.index.reader import Reader
from tastemaker.search.index.upserted import UpsertedPart, UpsertedParts
from tastemaker.search.queries.context import QueryContext
from tests.tastemaker.search.library import COLUMN_TYPES, found

Upserts = dict[str, tuple[dict[str, object], float]]


def named(first: int, last: int, at: float, text: str = "lamp") -> Upserts:
    return {f"{number:03}": ({"NAME": f"{text} {number}"}, at) for number in range(first, last)}


def search(parts: list[UpsertedPart], word: str) -> list[str]:
    context = QueryContext(Reader([part.triple for part in parts]), FieldMapping())
    return sorted(found(context, {"match": {"NAME": word}}))


def test_part_is_the_same_after_it_was_stored(tmp_path: Path) -> None:
    built = UpsertedPart.build(COLUMN_TYPES, {"x": ({"NAME": "Red boots", "SIZE": 9}, 5.0)})
    built.save(tmp_path)
    opened = UpsertedPart.open(tmp_path)
    assert opened is not None and opened.ids.tolist() == ["x"] and opened.times.tolist() == [5.0]
    assert opened.columns.record(0) == built.columns.record(0)
    assert opened.columns.record(0)["SIZE"] == 9
    assert search([opened], "boots") == ["x"]
    assert UpsertedPart.open(tmp_path / "nothing") is None


def test_change_indexes_only_what_changed() -> None:
    parts = UpsertedParts(COLUMN_TYPES)
    upserts = named(0, 100, 1.0)
    (large,) = parts.update(upserts)
    assert list(parts.update(upserts)) == [large], "without a change nothing is indexed"
    upserts |= named(0, 1, 2.0, "chair")
    first, small = parts.update(upserts)
    assert first is large and small.ids.tolist() == ["000"]
    assert search([first, small], "chair") == ["000"]
    assert "000" not in search([first, small], "lamp")


def test_small_parts_are_joined_so_that_there_are_few() -> None:
    parts, upserts = UpsertedParts(COLUMN_TYPES), {}
    most = 0
    for number in range(200):
        upserts |= named(number, number + 1, float(number + 1))
        most = max(most, len(found_parts := parts.update(upserts)))
    assert most <= 5
    reader = Reader([part.triple for part in found_parts])
    assert reader.documents == 200 and reader.document_of("007") >= 0


def test_part_of_a_refresh_is_not_indexed_again_and_newer_records_replace_it() -> None:
    refreshed = UpsertedPart.build(COLUMN_TYPES, named(0, 50, 10.0))
    parts = UpsertedParts(COLUMN_TYPES, refreshed)
    upserts = named(0, 50, 10.0)
    assert list(parts.update(upserts)) == [refreshed]
    upserts |= named(7, 8, 11.0, "chair") | named(90, 91, 9.0)
    first, second = parts.update(upserts)
    assert first is refreshed and second.ids.tolist() == ["007", "090"]
    assert search([first, second], "chair") == ["007"]
