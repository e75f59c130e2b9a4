"""The CloudFormation template of a stage, synthesized in this process without packaged dependencies."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from infrastructure.stage import CDK_JSON, Stage, load

NODE_WARNING = "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"


@dataclass(frozen=True)
class Template:
    """A stage and the template that it synthesizes to."""

    stage: Stage
    body: dict[str, Any]

    def of_type(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """Logical ID → properties of all resources of a CloudFormation type."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.resources.items()
            if resource["Type"] == resource_type
        }

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Logical ID → resource."""
        found: dict[str, dict[str, Any]] = self.body["Resources"]
        return found


@cache
def synthesize(name: str, cdk_json: Path = CDK_JSON) -> Template:
    """The template of the stage `name`, synthesized once. Raises StageError if `cdk.json` has no such stage.

    Dependencies are not packaged: they change neither the resources nor their settings, and need minutes.
    """
    stage = replace(load(name, cdk_json), bundle=False)
    os.environ.setdefault(NODE_WARNING, "20")
    # Imported here, because the import starts a Node process.
    import aws_cdk as cdk

    from infrastructure.stack import TastemakerStack

    context = json.loads(cdk_json.read_text())["context"]
    with tempfile.TemporaryDirectory() as folder:
        app = cdk.App(context=context, outdir=folder, analytics_reporting=False)
        TastemakerStack(app, stage=stage)
        app.synth()
        return Template(stage, json.loads((Path(folder) / f"{stage.stack_name}.template.json").read_text()))


def text_of(value: Any) -> str:
    """A property as text, with a placeholder in angle brackets for what is known only when it is deployed."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(map(text_of, parts))
    return "<" + "/".join(map(str, _leaves(value))) + ">"


def _leaves(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            for inner in value.values():
                yield from _leaves(inner)
        case list():
            for inner in value:
                yield from _leaves(inner)
        case _:
            yield value
