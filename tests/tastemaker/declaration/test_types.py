import pytest

from tastemaker.control.registry import RESOURCE_TYPES
from tastemaker.declaration.types import IN_PLACE, REFUSED, REPLACE, TYPES

IMPERATIVE = {"DatasetExportJob", "DataDeletionJob"}
"""Jobs that a person starts for a moment: nothing of them lasts that could be declared."""


def test_every_resource_type_can_be_declared_or_is_a_job_of_a_moment():
    assert {one.name for one in RESOURCE_TYPES} == TYPES.keys() | IMPERATIVE


def test_types_are_in_an_order_of_creation():
    order = list(TYPES)
    for name, declared in TYPES.items():
        for referenced in declared.references.values():
            assert order.index(referenced) < order.index(name)


@pytest.mark.parametrize(
    ("type_name", "path", "effect"),
    [
        ("Campaign", "minProvisionedTPS", IN_PLACE),
        ("Campaign", "name", REPLACE),
        ("Solution", "solutionConfig.autoTrainingConfig", IN_PLACE),
        ("Solution", "solutionConfig.algorithmHyperParameters", REPLACE),
        ("Recommender", "recommenderConfig", IN_PLACE),
        ("Filter", "filterExpression", REPLACE),
        ("MetricAttribution", "metrics", IN_PLACE),
        ("EventTracker", "name", REFUSED),
        ("EventTracker", "datasetGroupArn", REPLACE),
        ("Dataset", "name", REFUSED),
        ("Schema", "schema", REPLACE),
    ],
)
def test_effect_follows_from_the_update_operations(type_name, path, effect):
    assert TYPES[type_name].effect(path) == effect


def test_names_are_not_required_because_they_can_be_generated():
    assert TYPES["DatasetImportJob"].required == ["datasetArn", "dataSource"]
    assert all(one.name_member not in one.required for one in TYPES.values())
