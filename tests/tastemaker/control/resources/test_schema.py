"""Schemas."""

import json

import pytest

from tastemaker.errors import InvalidInput, ResourceInUse
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


def test_delete_schema_is_refused_while_a_dataset_uses_it():
    here = world()
    schema_arn = shop.schema(here)
    described = here.call("DescribeSchema", schemaArn=schema_arn)["schema"]
    assert json.loads(described["schema"])["name"] == "Interactions" and "status" not in described
    dataset_arn = shop.dataset(here, shop.group(here), schema_arn=schema_arn)
    with pytest.raises(ResourceInUse, match=dataset_arn):
        here.call("DeleteSchema", schemaArn=schema_arn)
    here.call("DeleteDataset", datasetArn=dataset_arn)
    shop.finish_deletion(here, dataset_arn)
    here.call("DeleteSchema", schemaArn=schema_arn)
    assert here.call("ListSchemas")["schemas"] == []
    with pytest.raises(InvalidInput, match="cannot have tags"):
        here.call("TagResource", resourceArn=shop.schema(here), tags=[])
