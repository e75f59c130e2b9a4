import pytest

from tastemaker.control.core.quotas import DOCUMENTED, Quotas
from tastemaker.errors import InvalidInput, LimitExceeded
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


def test_only_quotas_that_are_set_are_enforced():
    quotas = Quotas({"schemas": 3})
    assert quotas.get("schemas") == 3 and quotas.get("datasetGroups") is None
    assert quotas.for_training == {}
    assert Quotas({"minimumUsers": 10}).for_training == {"minimumUsers": 10}


def test_unknown_quota_is_refused():
    with pytest.raises(InvalidInput, match="shemas"):
        Quotas({"shemas": 1})


def test_every_resource_type_names_a_known_quota():
    named = {
        resource_type.quota
        for resource_type in world().control.resource_types.values()
        if resource_type.quota
    }
    assert named <= set(DOCUMENTED)


def test_create_is_refused_beyond_a_quota():
    here = world(
        quotas={"datasetGroups": 1, "schemas": 1, "filtersPerDatasetGroup": 1, "campaignsPerDatasetGroup": 1}
    )
    group_arn, _ = shop.shop(here)
    with pytest.raises(LimitExceeded, match="More than 1 resources in ACTIVE state"):
        shop.group(here, "books")
    with pytest.raises(LimitExceeded, match="schemas"):
        shop.schema(here, "Items")
    first, second = (shop.trained(here, shop.solution(here, group_arn, name)) for name in ("a", "b"))
    shop.campaign(here, first)
    with pytest.raises(LimitExceeded, match="campaignsPerDatasetGroup"):
        shop.campaign(here, second, "other")
