"""Schemas from dataclasses and from sample files."""

import json
from dataclasses import dataclass, field

import pytest

from tastemaker import schemas
from tastemaker_cdk.avro import from_dataclass, from_sample


@dataclass
class Item:
    item_id: str
    price: float
    creation_timestamp: int
    stock: int | None = None
    color: str | None = field(default=None, metadata={"categorical": True})


def fields(text):
    schemas.parse(text, None)  # what the control plane accepts
    return {one["name"]: one["type"] for one in json.loads(text)["fields"]}


def test_dataclass_becomes_a_schema_that_the_control_plane_accepts():
    assert fields(from_dataclass(Item, "Items")) == {
        "ITEM_ID": "string",
        "PRICE": "float",
        "CREATION_TIMESTAMP": "long",
        "STOCK": ["null", "int"],
        "COLOR": ["null", "string"],
    }


def test_type_that_no_column_has_is_refused_with_its_place():
    @dataclass
    class Wrong:
        item_id: str
        tags: list

    with pytest.raises(TypeError, match=r"Wrong\.tags is .*list"):
        from_dataclass(Wrong, "Items")
    with pytest.raises(TypeError, match="is no dataclass"):
        from_dataclass(str, "Items")


def test_sample_becomes_a_schema_that_the_control_plane_accepts(tmp_path):
    file = tmp_path / "items.csv"
    prose = "a long text about the item that nobody would use as a category of anything"
    file.write_text(
        f"ITEM_ID,PRICE,STOCK,COLOR,NOTES,VIEWS\ni1,1.5,3,red,{prose},9999999999\ni2,2,,blue,{prose},1\n"
    )
    text = from_sample(file, "Items")
    assert fields(text) == {
        "ITEM_ID": "string",
        "PRICE": "float",
        "STOCK": ["null", "int"],
        "COLOR": "string",
        "NOTES": "string",
        "VIEWS": "long",
    }
    attributes = {one["name"]: {*one} - {"name", "type"} for one in json.loads(text)["fields"]}
    assert attributes["COLOR"] == {"categorical"} and attributes["NOTES"] == {"textual"}


def test_sample_without_rows_is_refused(tmp_path):
    file = tmp_path / "items.csv"
    file.write_text("ITEM_ID\n")
    with pytest.raises(ValueError, match="at least one row"):
        from_sample(file, "Items")
