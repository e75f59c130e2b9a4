"""A small template in the shape of the stack's, whose cost is known."""

import json
from dataclasses import replace
from typing import Any

import pytest

from deployment.synthesis import Template
from infrastructure.stage import Stage, parse

DEFINITION = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}


def small_template(stage: Stage | None = None, **resources: dict[str, Any]) -> Template:
    """The functions and state machines that the usage needs, and `resources`, as type and properties."""
    stage = stage or replace(parse("dev", {}), name="dev")
    body: dict[str, Any] = dict(resources)
    for name in ("runtime", "events", "stream", "control", "refreshing"):
        body[f"{name}Function"] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {"FunctionName": f"tastemaker-dev-{name}", "MemorySize": 1024},
        }
    for name in ("train", "import", "deploy", "refresh"):
        definition = {"Fn::Join": ["", [json.dumps(DEFINITION)]]}
        body[f"{name}Machine"] = {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"StateMachineName": f"tastemaker-dev-{name}", "DefinitionString": definition},
        }
    return Template(stage, {"Resources": body})


@pytest.fixture
def stream() -> dict[str, Any]:
    return {"Type": "AWS::Kinesis::Stream", "Properties": {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}}
