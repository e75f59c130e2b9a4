"""One synthesis for all tests here: `STAGES`, without dependencies, checked by cdk-nag."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deployment.synthesis import text_of
from tastemaker.contracts.workflow_names import workflow_of

STAGES = ("local", "prod", "lite")
"""Stages that differ in what they consist of: a stream on demand, everything that is optional, no stream."""

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")


@dataclass(frozen=True)
class Template:
    """A synthesized template and its file."""

    path: Path
    body: dict[str, Any]

    def of_type(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """Logical ID → properties of all resources of a type."""
        return {
            id: resource.get("Properties", {})
            for id, resource in self.body["Resources"].items()
            if resource["Type"] == resource_type
        }


@dataclass(frozen=True)
class Assembly:
    """The synthesized templates by stage, and the `report` of the validation plugins."""

    templates: dict[str, Template]
    report: dict[str, Any]


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembly]:
    import aws_cdk as cdk
    from cdk_nag import AwsSolutionsChecks

    from infrastructure.stack import TastemakerStack
    from infrastructure.stage import CDK_JSON, parse

    out = tmp_path_factory.mktemp("assembly")
    cdk_json = json.loads(CDK_JSON.read_text())["context"]
    app = cdk.App(outdir=str(out), context=cdk_json, analytics_reporting=False)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(verbose=True))
    for name in STAGES:
        settings = {**cdk_json["stages"][name], "bundle": False}
        if name == "prod":  # turns on everything that is off by default, so that it is checked too
            reserved = {"batchReserved": 40, "deletionReserved": 10}
            settings |= {"functions": {"runtimeProvisioned": 2, **reserved}, "ownKey": True}
            settings |= {"alarmEmail": "alarms@example.com"}
            settings |= {"dataBuckets": ["shared-data"], "tags": {"team": "shop"}}
            settings |= {"distributed": {"enabled": True}, "monitoring": {"tracing": True}}
            settings |= {"generation": {"region": "eu-central-1", "geography": "eu"}}
            text = {"textModel": "amazon.titan-embed-text-v2:0", "textModelRegion": "eu-central-1"}
            settings["training"] = {**settings["training"], **text, "instanceCount": 2}
        if name == "lite":  # nothing that bills by the hour, but this; and it logs most
            settings |= {"search": {"collection": True, "logDays": 30}, "logLevel": "DEBUG"}
        TastemakerStack(app, stage=parse(name, settings))
    try:
        app.synth()
    except RuntimeError as error:  # findings fail the synthesis; the tests read them from the report
        assert "Validation failed" in str(error)
    report = json.loads((out / "validation-report.json").read_text())
    templates = {}
    for name in STAGES:
        path = out / f"tastemaker-{name}.template.json"
        templates[name] = Template(path, json.loads(path.read_text()))
    yield Assembly(templates, report)


@pytest.fixture(scope="session", params=STAGES)
def template(request: pytest.FixtureRequest, assembly: Assembly) -> Template:
    return assembly.templates[request.param]


@pytest.fixture(scope="session")
def definitions(template: Template) -> dict[str, dict[str, Any]]:
    """Workflow → its definition, with placeholders for values that are known only after deployment."""
    return definitions_of(template)


def definitions_of(template: Template) -> dict[str, dict[str, Any]]:
    """Workflow → definition, for one template."""
    found = {}
    for properties in template.of_type("AWS::StepFunctions::StateMachine").values():
        name = workflow_of(properties["StateMachineName"])
        found[name] = json.loads(text_of(properties["DefinitionString"]))
    return found


def actions_of(policies: Mapping[str, Mapping[str, Any]], role: str) -> set[str]:
    """Actions that policies allow to the role with a logical id."""
    return {
        action
        for policy in policies.values()
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }


def listed(value: Any) -> list[Any]:
    """A member of a policy that may be one value or a list."""
    return value if isinstance(value, list) else [value]
