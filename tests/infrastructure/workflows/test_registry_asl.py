"""Every state machine against two validators of the Amazon States Language that others keep.

`asl-validator` checks the JSON schemas of the specification, that every state is reached and every transition
leads to a state, and each path and intrinsic function. CloudFormation's linter has a schema of its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infrastructure.packaging.packages import ROOT
from tests.infrastructure.conftest import Assembly, definitions_of

Document = dict[str, Any]
VALIDATOR = ROOT / "node_modules" / ".bin" / "asl-validator"


@pytest.fixture(scope="module")
def machines(assembly: Assembly) -> dict[str, Document]:
    """Stage and workflow → definition, with values instead of references."""
    return {
        f"{stage}-{workflow}": json.loads(_with_arns(json.dumps(definition)))
        for stage, template in assembly.templates.items()
        for workflow, definition in definitions_of(template).items()
    }


def _with_arns(definition: str) -> str:
    """A definition in which references to the template have a value that fits where they stand."""
    text = definition.replace("arn:<AWS::Partition>:", "arn:aws:")
    text = re.sub(r'"<[^<>"]*/Arn>"', '"arn:aws:lambda:us-east-1:123456789012:function:x"', text)
    return re.sub(r"<[^<>]*>", "x", text)


def asl_findings(folder: Path, machines: dict[str, Document]) -> str:
    """What `asl-validator` prints about definitions that it refuses; empty if it accepts all."""
    assert VALIDATOR.exists(), f"{VALIDATOR} is missing: run npm ci"
    command = [str(VALIDATOR)]
    for name, definition in machines.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(definition))
        command += ["--json-path", str(path)]
    result = subprocess.run(command, capture_output=True, text=True)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def cloudformation_findings(folder: Path, machines: dict[str, Document]) -> str:
    """What CloudFormation's linter prints about definitions; empty if it has nothing to say."""
    role = "arn:aws:iam::123456789012:role/x"
    resources = {
        re.sub(r"\W", "", name): {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"RoleArn": role, "Definition": definition},
        }
        for name, definition in machines.items()
    }
    path = folder / "machines.template.json"
    path.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}))
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    command = [lint, "--ignore-checks", "W", "--format", "parseable", "--", str(path)]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stdout + result.stderr


def broken(machine: Document, state: str, **members: Any) -> Document:
    """A definition with other members of one state."""
    states = machine["States"]
    return {**machine, "States": {**states, state: {**states[state], **members}}}


def test_asl_validator_accepts_every_state_machine(tmp_path: Path, machines: dict[str, Document]) -> None:
    assert asl_findings(tmp_path, machines) == ""


def test_cloudformation_linter_accepts_every_state_machine_and_finds_a_wrong_one(
    tmp_path: Path, machines: dict[str, Document]
) -> None:
    wrong = broken(machines["prod-batch"], "Count answers", TimeoutSecond=5)
    findings = cloudformation_findings(tmp_path, {**machines, "wrong": wrong}).splitlines()
    assert [finding for finding in findings if "'TimeoutSecond'" not in finding] == []
    assert len(findings) == 1


def test_asl_validator_finds_what_they_should(tmp_path: Path, machines: dict[str, Document]) -> None:
    machine = machines["prod-batch"]
    machines = {
        "target": broken(machine, "Count answers", Next="Nowhere"),
        "path": broken(machine, "Count answers", ResultPath="$.plan["),
        "function": broken(machine, "Count answers", Parameters={"plan.$": "States.Missing($.plan)"}),
        "member": broken(machine, "Count answers", TimeoutSecond=5),
    }
    found = asl_findings(tmp_path, machines)
    assert all(f"{name}.json" in found for name in machines), found
