import pytest

from tastemaker.control import registry
from tastemaker.declaration.drift import DELETED, IN_SYNC, MODIFIED, NOT_DECLARED, declared_drift, drifts
from tastemaker.declaration.rehearsal import Rehearsal
from tests.tastemaker.declaration.shop import deployed


@pytest.fixture
def here() -> Rehearsal:
    return Rehearsal()


def test_change_by_the_api_is_drift(here):
    arns = deployed(here)
    assert {one.status for one in declared_drift(here.control)} == {IN_SYNC}
    operations = registry.operations(here.control)
    operations["UpdateCampaign"]({"campaignArn": arns["Home"], "minProvisionedTPS": 8})
    here.finish()
    (found,) = [one for one in declared_drift(here.control, "Ho") if one.status == MODIFIED]
    assert found.arn == arns["Home"] and found.owner == "Home"
    assert [(one.path, one.before, one.after) for one in found.differences] == [("minProvisionedTPS", 8, 1)]


def test_deleted_and_undeclared_resources_are_told_apart(here):
    arns = deployed(here)
    operations = registry.operations(here.control)
    operations["DeleteFilter"]({"filterArn": arns["Seen"]})
    other = operations["CreateDatasetGroup"]({"name": "other"})
    assert other is not None
    statuses = [one.status for one in drifts(here.control, [arns["Seen"], other["datasetGroupArn"]])]
    assert statuses == [DELETED, NOT_DECLARED]
