"""Later parts replace documents, and ids without attributes are no documents."""

from tests.tastemaker.search.library import found, library, scores


def test_id_without_attributes_is_no_document() -> None:
    context = library()
    assert context.reader.documents == 4
    assert found(context, {"match_all": {}}) == ["a", "b", "c", "d"]
    assert context.reader.document_of("e") == context.reader.document_of("nobody") == -1


def test_later_part_replaces_and_adds_documents() -> None:
    context = library({"a": {"NAME": "Blue boots"}, "f": {"NAME": "Red boots"}})
    assert sorted(found(context, {"match": {"NAME": "red"}})) == ["c", "f"]
    assert sorted(found(context, {"match": {"NAME": "boots"}})) == ["a", "f"]
    assert found(context, {"match": {"NAME": "shoes"}}) == []
    assert context.reader.id_of(context.reader.document_of("a")) == "a"


def test_scores_of_parts_use_the_statistics_of_the_whole() -> None:
    split = scores(library({"f": {"NAME": "Red boots"}}), {"match": {"NAME": "boots"}})
    alone = scores(library(), {"match": {"NAME": "lamp"}})
    assert set(split) == {"f"}
    assert split["f"] != alone["c"]
