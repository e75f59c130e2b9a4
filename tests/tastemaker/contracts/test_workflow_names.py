"""The table of workflows: names that the infrastructure and the runtime derive from it."""

from __future__ import annotations

import pytest

from tastemaker.contracts.workflow_names import WORKFLOWS, machine_name, workflow_of


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_workflow_is_recognized_by_the_name_of_its_state_machine(workflow: str) -> None:
    arn = f"arn:aws:states:eu-west-1:123456789012:stateMachine:{machine_name('tastemaker-prod', workflow)}"
    assert workflow_of(arn) == workflow


def test_unknown_state_machine_is_refused() -> None:
    with pytest.raises(ValueError, match="belongs to no workflow"):
        workflow_of("arn:aws:states:eu-west-1:123456789012:stateMachine:somebody-else")


def test_names_with_a_hyphen_become_valid_variables_and_identifiers() -> None:
    deletion = WORKFLOWS["data-deletion"]
    assert deletion.machine_arn_variable == "TASTEMAKER_DATA_DELETION_MACHINE_ARN"
    assert deletion.title == "DataDeletion"
