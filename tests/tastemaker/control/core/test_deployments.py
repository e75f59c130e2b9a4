import pytest

from tastemaker.control.core.deployments import deployment_of_version, trained_bundle_of
from tastemaker.errors import InvalidInput
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


def test_deployment_has_the_model_of_a_trained_version() -> None:
    here = world()
    group, _ = shop.shop(here)
    record = here.control.records.find_any(shop.trained(here, shop.solution(here, group)))
    deployment = deployment_of_version(record)
    assert (deployment["solutionVersionArn"], deployment["datasetGroupArn"]) == (record.arn, group)
    assert deployment["bundle"] == trained_bundle_of(record) and "refresh" not in deployment


def test_version_that_is_not_trained_cannot_be_deployed() -> None:
    here = world()
    group, _ = shop.shop(here)
    record = here.control.records.find_any(shop.version(here, shop.solution(here, group)))
    with pytest.raises(InvalidInput, match="has no model: its status is CREATE PENDING"):
        deployment_of_version(record)
