"""How many state transitions one execution bills, counted from the state machine's definition."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deployment.synthesis import Template, text_of
from tastemaker.contracts.workflow_names import workflow_of

START = 1
"""Step Functions also bills the transition from the start to the first state."""


@dataclass(frozen=True)
class Transitions:
    """Of an execution that succeeds: on the shortest and on the longest path. A map has one item."""

    shortest: int
    longest: int


def of_template(template: Template) -> dict[str, Transitions]:
    """Workflow → transitions of one execution."""
    return {
        workflow_of(properties["StateMachineName"]): of_definition(
            json.loads(text_of(properties["DefinitionString"]))
        )
        for properties in template.of_type("AWS::StepFunctions::StateMachine").values()
    }


def of_definition(definition: Mapping[str, Any]) -> Transitions:
    """Transitions of one execution of this definition in Amazon States Language."""
    paths = list(_lengths(definition, definition["StartAt"], frozenset()))
    return Transitions(START + min(paths), START + max(paths))


def _lengths(machine: Mapping[str, Any], name: str, seen: frozenset[str]) -> Iterator[int]:
    """The lengths of the paths from a state to a success. Paths to a Fail state and loops are left out."""
    if name in seen:
        return
    state = machine["States"][name]
    if state["Type"] == "Fail":
        return
    own = 1 + _inside(state)
    if state["Type"] == "Succeed" or state.get("End"):
        yield own
        return
    for following in _next(state):
        for length in _lengths(machine, following, seen | {name}):
            yield own + length


def _next(state: Mapping[str, Any]) -> list[str]:
    if state["Type"] == "Choice":
        choices = [choice["Next"] for choice in state["Choices"]]
        return [*choices, state["Default"]] if "Default" in state else choices
    return [state["Next"]]


def _inside(state: Mapping[str, Any]) -> int:
    if state["Type"] == "Map":
        inner = state.get("ItemProcessor") or state["Iterator"]
        return of_definition(inner).longest - START
    if state["Type"] == "Parallel":
        return sum(of_definition(branch).longest - START for branch in state["Branches"])
    return 0
