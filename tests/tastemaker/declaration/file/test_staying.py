"""What stays in a dataset group, and what contains it."""

from tastemaker.control.core.records import Record
from tastemaker.declaration.file.api import STACK
from tastemaker.declaration.file.existing import GROUP, Existing
from tastemaker.declaration.file.staying import holders, listed, not_prunable

ARN = "arn:aws:personalize:us-east-1:123456789012:"
GROUP_ARN, SOLUTION, HOME, ENTRY = (
    ARN + rest for rest in ("dataset-group/shop", "solution/s", "campaign/home", "campaign/entry")
)


def campaign(arn: str, **more: str) -> Record:
    return Record(arn, "Campaign", {"campaignArn": arn, GROUP: GROUP_ARN, **more}, SOLUTION)


def existing(*others: Record, unknown: str = "") -> Existing:
    solution = Record(SOLUTION, "Solution", {"solutionArn": SOLUTION, GROUP: GROUP_ARN}, GROUP_ARN)
    return Existing(others=[solution, *others], unknown_owners=unknown)


def test_only_what_a_stack_declares_and_aliases_are_not_prunable() -> None:
    owned = campaign(ARN + "campaign/owned", **{STACK: "the stack films"})
    alias = campaign(ENTRY, aliasOf=HOME)
    assert not_prunable(existing(owned, alias, campaign(HOME))) == [owned, alias]


def test_nothing_is_prunable_while_owners_are_unknown() -> None:
    assert len(not_prunable(existing(campaign(HOME), unknown="it is unknown what stacks declare"))) == 2


def test_resource_is_held_by_its_solution_its_group_and_as_the_target_of_an_alias() -> None:
    home, alias = campaign(HOME), campaign(ENTRY, aliasOf=HOME)
    found = holders([alias], existing(home, alias))
    assert found == {HOME: [alias], SOLUTION: [alias], GROUP_ARN: [alias]}
    assert listed([home, alias]) == "Campaign home, Campaign entry (an alias)"
