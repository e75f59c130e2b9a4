"""Transitions are counted in the definition, along the paths of choices and inside maps and branches."""

import json

import pytest

from deployment.cost.transitions import Transitions, of_definition, of_template
from tests.deployment.cost.conftest import small_template


def test_paths_of_choices_end_in_success_only() -> None:
    definition = {
        "StartAt": "Begin",
        "States": {
            "Begin": {
                "Type": "Task",
                "Next": "Choose",
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "No"}],
            },
            "Choose": {"Type": "Choice", "Choices": [{"Next": "Nothing"}, {"Next": "No"}], "Default": "Work"},
            "Work": {"Type": "Task", "Next": "Settle"},
            "Settle": {"Type": "Task", "End": True},
            "Nothing": {"Type": "Succeed"},
            "No": {"Type": "Fail"},
        },
    }
    assert of_definition(definition) == Transitions(shortest=1 + 3, longest=1 + 4)


def test_states_of_maps_and_branches_count() -> None:
    inner = {
        "StartAt": "I",
        "States": {"I": {"Type": "Pass", "Next": "J"}, "J": {"Type": "Pass", "End": True}},
    }
    definition = {
        "StartAt": "Map",
        "States": {
            "Map": {"Type": "Map", "ItemProcessor": inner, "Next": "Both"},
            "Both": {"Type": "Parallel", "Branches": [inner, inner], "End": True},
        },
    }
    assert of_definition(definition).longest == 1 + (1 + 2) + (1 + 4)


def test_loop_is_counted_once() -> None:
    choice = {"Type": "Choice", "Choices": [{"Next": "Wait"}], "Default": "Done"}
    states = {"Wait": {"Type": "Wait", "Next": "Ask"}, "Ask": choice, "Done": {"Type": "Succeed"}}
    assert of_definition({"StartAt": "Wait", "States": states}) == Transitions(4, 4)


def test_machines_of_a_template_are_named_by_their_workflow() -> None:
    assert of_template(small_template())["train"] == Transitions(3, 3)


@pytest.mark.slow
def test_definition_of_the_real_stack_can_be_counted(synthesized) -> None:
    found = of_template(synthesized("dev"))
    assert found["train"].shortest < found["train"].longest
    assert json.dumps({name: vars(one) for name, one in found.items()})
