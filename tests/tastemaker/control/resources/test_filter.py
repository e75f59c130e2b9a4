"""Filters."""

import pytest

from tastemaker import filters
from tastemaker.errors import InvalidInput
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


def test_create_filter_stores_the_compiled_expression():
    here = world()
    group_arn, _ = shop.shop(here)
    shop.dataset(here, group_arn, "Items")
    expression = (
        'INCLUDE ItemID WHERE Items.GENRES IN ($G) | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("buy")'
    )
    created = here.call("CreateFilter", name="f", datasetGroupArn=group_arn, filterExpression=expression)
    described = here.call("DescribeFilter", filterArn=created["filterArn"])["filter"]
    assert described["status"] == "ACTIVE"
    assert filters.parameters(filters.load(described["_compiled"])) == ["G"]
    assert here.call("ListFilters", datasetGroupArn=group_arn)["Filters"][0]["filterExpression"] == expression
    here.call("DeleteFilter", filterArn=created["filterArn"])


@pytest.mark.parametrize(
    "expression",
    ["INCLUDE", "INCLUDE ItemID WHERE Items.SEEN IN (1)", 'INCLUDE ItemID WHERE Items.CAST IN ("x")'],
)
def test_create_filter_refuses_invalid_expressions(expression):
    here = world()
    group_arn, _ = shop.shop(here)
    shop.dataset(here, group_arn, "Items")
    with pytest.raises(InvalidInput):
        here.call("CreateFilter", name="f", datasetGroupArn=group_arn, filterExpression=expression)
