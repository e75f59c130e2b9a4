from tastemaker import filters
from tastemaker.contracts.filter_record import compiled_of
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


def test_record_of_a_filter_has_what_serving_loads() -> None:
    here = world()
    group, _ = shop.shop(here)
    expression = 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("view")'
    arn = here.call("CreateFilter", name="f", datasetGroupArn=group, filterExpression=expression)["filterArn"]
    compiled = compiled_of(here.control.records.find("Filter", arn).body)
    assert compiled is not None and filters.load(compiled) is not None


def test_record_without_it_has_none() -> None:
    assert compiled_of({"filterExpression": "INCLUDE"}) is None
