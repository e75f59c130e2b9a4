"""The Terraform example: its syntax, the arguments of the stack, and what the template declares."""

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest
from cfnlint.decode import cfn_yaml

from tastemaker.declaration.declarations import Declaration, DeclaredResource, Ref
from tastemaker.declaration.rehearsal import problems
from tastemaker.declaration.types import TYPES
from tastemaker.wire.properties import read_properties

FOLDER = Path(__file__).parents[2] / "examples" / "terraform"
ROLE = "arn:aws:iam::123456789012:role/shop-Personalize-1"
ARGUMENTS = {  # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cloudformation_stack
    *("name", "template_body", "template_url", "capabilities", "disable_rollback", "notification_arns"),
    *("on_failure", "parameters", "policy_body", "policy_url", "tags", "iam_role_arn", "timeout_in_minutes"),
    *("timeouts", "depends_on", "provider", "lifecycle", "count", "for_each"),
}
PREFIX = "Custom::Tastemaker"


def plain(value: Any) -> Any:
    """Parsed HCL without the quotes of texts, and without what the parser adds."""
    if isinstance(value, dict):
        return {name.strip('"'): plain(one) for name, one in value.items() if not name.startswith("__")}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.strip('"') if isinstance(value, str) else value


@pytest.fixture(scope="module")
def main() -> dict[str, Any]:
    with (FOLDER / "main.tf").open() as file:
        return plain(hcl2.load(file))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def stack(main: dict[str, Any]) -> dict[str, Any]:
    (found,) = [
        one["aws_cloudformation_stack"]["shop"]
        for one in main["resource"]
        if "aws_cloudformation_stack" in one
    ]
    return found  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return dict(cfn_yaml.load(str(FOLDER / "shop.yaml")))


def test_stack_has_arguments_of_the_provider_and_every_parameter(
    stack: dict[str, Any], template: dict[str, Any]
) -> None:
    assert set(stack) <= ARGUMENTS
    assert "shop.yaml" in stack["template_body"]
    assert set(stack["parameters"]) == set(template["Parameters"])


def test_outputs_of_the_stack_are_those_of_the_template(template: dict[str, Any]) -> None:
    used = re.findall(r'aws_cloudformation_stack\.shop\.outputs\["(\w+)"\]', (FOLDER / "main.tf").read_text())
    assert set(used) == set(template["Outputs"])


def test_every_reference_names_something_that_is_declared(main: dict[str, Any]) -> None:
    text = (FOLDER / "main.tf").read_text()
    declared = {f"var.{name}" for one in main["variable"] for name in one}
    for one in main["resource"]:
        declared |= {f"{kind}.{name}" for kind, names in one.items() for name in names}
    for one in main["data"]:
        declared |= {f"data.{kind}.{name}" for kind, names in one.items() for name in names}
    used = set(re.findall(r"(?<![\w.])((?:data\.)?aws_\w+\.\w+|var\.\w+)", text))
    assert used == declared


def value_of(value: Any, resources: set[str]) -> Any:
    """A property with references to resources, and a role or location instead of parameters."""
    if isinstance(value, dict):
        if "Ref" in value:
            name = str(value["Ref"])
            return Ref(name) if name in resources else ROLE if "Role" in name else "s3://data/a.csv"
        if "Fn::Sub" in value:
            found = re.fullmatch(r"\$\{(\w+)\}(.*)", str(value["Fn::Sub"]))
            assert found is not None
            return Ref(found[1], found[2])
        return {name: value_of(one, resources) for name, one in value.items()}
    return value


def test_service_accepts_what_the_template_declares(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    names, found = set(resources), []
    for name, one in resources.items():
        declared = one["Type"].removeprefix(PREFIX)
        given = {
            key: value_of(value, names) for key, value in one["Properties"].items() if key != "ServiceToken"
        }
        properties = read_properties(given, TYPES[declared].shape)
        after = [one["DependsOn"]] if "DependsOn" in one else []
        found.append(DeclaredResource(name, declared, properties, after=tuple(map(str, after))))
    assert problems(Declaration.of(found)) == []
    tokens = {str(one["Properties"]["ServiceToken"]["Fn::Sub"]) for one in resources.values()}
    assert len(tokens) == 1 and tokens.pop().endswith(":function:${Deployment}-declaring")
