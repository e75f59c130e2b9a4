"""Names follow from the name of a resource type, and agree with the service model."""

import pytest

from tastemaker.control.registry import RESOURCE_TYPES
from tastemaker.wire.models import service_model
from tests.tastemaker.control.fakes import world

MODEL = service_model("personalize")


@pytest.mark.parametrize("name", [one.name for one in RESOURCE_TYPES])
def test_names_are_those_of_the_service_model(name: str) -> None:
    declared = world().control.resource_types[name]
    if "Describe" in declared.verbs:
        shape = MODEL.operation_model(f"Describe{name}")
        assert declared.arn_member in shape.input_shape.members
        assert declared.member in shape.output_shape.members
    if "List" in declared.verbs:
        shape = MODEL.operation_model(f"List{declared.list_name}")
        assert declared.list_member in shape.output_shape.members
        assert declared.list_by is None or declared.list_by in shape.input_shape.members


def test_label_is_the_name_in_words() -> None:
    declared = world().control.resource_types["DatasetImportJob"]
    assert (declared.label, declared.member) == ("dataset import job", "datasetImportJob")
    assert not declared.deletable and world().control.resource_types["Campaign"].deletable
