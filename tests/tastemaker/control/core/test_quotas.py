import pytest

from tastemaker.control.core.quotas import DOCUMENTED, Quotas
from tastemaker.errors import InvalidInput
from tests.tastemaker.control.fakes import world


def test_only_what_is_set_is_enforced():
    quotas = Quotas({"schemas": 3})
    assert quotas.get("schemas") == 3 and quotas.get("datasetGroups") is None
    assert quotas.for_training == {}
    assert Quotas({"minimumUsers": 10}).for_training == {"minimumUsers": 10}


def test_an_unknown_quota_is_a_mistake():
    with pytest.raises(InvalidInput, match="shemas"):
        Quotas({"shemas": 1})


def test_every_kind_names_a_quota_that_can_be_set():
    named = {kind.quota for kind in world().control.resource_types.values() if kind.quota}
    assert named <= set(DOCUMENTED)
