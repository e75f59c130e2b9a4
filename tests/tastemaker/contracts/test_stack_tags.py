"""Tags of resources that a stack declares."""

import pytest

from tastemaker.contracts.stack_tags import OWNER, stack_in, stack_tags

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/5e0a"


@pytest.mark.parametrize("owner", [f"{STACK}/Home", f"{STACK}/Home/import"])
def test_resource_of_a_stack_has_the_tags_that_cloudformation_gives(owner):
    tags = stack_tags({OWNER: owner})
    assert {tag["tagKey"]: tag["tagValue"] for tag in tags} == {
        "aws:cloudformation:stack-name": "shop",
        "aws:cloudformation:stack-id": STACK,
        "aws:cloudformation:logical-id": "Home",
    }
    assert stack_in(tags) == "the stack shop as Home"


@pytest.mark.parametrize("body", [{}, {OWNER: "Home"}])
def test_resource_of_no_stack_has_none(body):
    assert stack_tags(body) == [] and stack_in([{"tagKey": "team", "tagValue": "shop"}]) is None
