"""Nested documents become rows."""

import json
from pathlib import Path

import pytest

from tastemaker.detection.documents import flat_rows, open_documents
from tastemaker.detection.inputs import DetectionError, Input


def test_list_of_items_becomes_rows_and_pairs_become_columns() -> None:
    order = {
        "user": {"id": 7},
        "line_items": [{"sku": "a", "price": 2.0}, {"sku": "b", "price": 2.5}],
        "tags": ["x", "y"],
        "event_params": [{"key": "page", "value": {"string_value": None, "int_value": 3}}],
        "ok": True,
    }
    shared = {"user.id": "7", "tags": "x|y", "event_params.page": "3", "ok": "true"}
    assert list(flat_rows(iter([order]))) == [
        {**shared, "line_items.sku": "a", "line_items.price": "2"},
        {**shared, "line_items.sku": "b", "line_items.price": "2.5"},
    ]


def test_array_wrapped_list_and_lines_are_read(tmp_path: Path) -> None:
    rows = [{"user": "u", "item": "i"}] * 3
    for name, text in (
        ("array.json", json.dumps(rows, indent=1)),
        ("wrapped.json", json.dumps({"orders": rows, "total": 3})),
        ("lines.json", "\n".join(map(json.dumps, rows))),
    ):
        path = tmp_path / name
        path.write_text(text)
        found = open_documents(Input(path))
        assert [batch.num_rows for batch in found.batches()] == [3], name


def test_line_that_is_no_object_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"a": 1}\nnot json\n{"a": 2}\n')
    found = open_documents(Input(path))
    assert sum(batch.num_rows for batch in found.batches()) == 2
    assert found.bad_rows.count == 1 and "line 2" in found.bad_rows.examples[0]


def test_damaged_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text('[{"a": 1}, ')
    with pytest.raises(DetectionError, match="is not JSON"):
        open_documents(Input(path))
