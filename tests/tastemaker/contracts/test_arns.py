"""ARNs and the names that follow from them."""

from tastemaker.contracts import arns
from tests.tastemaker.control.fakes import SCOPE

GROUP = "arn:aws:personalize:eu-west-1:123456789012:dataset-group/films"


def test_scope_builds_arns_of_its_account_and_region():
    assert SCOPE.arn("dataset-group/films") == GROUP


def test_parts_of_an_arn():
    version = SCOPE.arn("solution/films/702e0792")
    assert arns.suffix_of(version) == "solution/films/702e0792"
    assert (arns.segment_of(version), arns.name_of(version)) == ("solution", "films/702e0792")
    assert arns.group_name(GROUP) == "films"


def test_dataset_arn_follows_from_its_group_and_type():
    assert arns.dataset_arn(GROUP, "ITEMS") == SCOPE.arn("dataset/films/ITEMS")


def test_execution_name_is_readable_short_and_the_same_for_the_same_moment():
    arn = SCOPE.arn("campaign/" + "long-name" * 20)
    name = arns.execution_name(arn, 1.5)
    assert name.startswith("campaign-long-name") and len(name) <= 60
    assert name == arns.execution_name(arn, 1.5) != arns.execution_name(arn, 2.5)
