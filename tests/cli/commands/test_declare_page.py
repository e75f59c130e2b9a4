"""The declarations in docs/declare.md are valid, and say what the page says."""

import re
from pathlib import Path

import jsonschema
import pytest

from cli.declarations.text import parse
from tastemaker.declaration.declarations import Declaration, Ref
from tastemaker.declaration.file.json_schema import json_schema
from tastemaker.declaration.file.reading import read
from tastemaker.declaration.file.sections import SECTIONS
from tastemaker.declaration.file.variables import filled
from tests.standard_schemas import avro

PAGE = (Path(__file__).parents[3] / "docs" / "declare.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("## A file") : PAGE.index("## Which change")]
FIRST, ENVIRONMENTS, ALIAS = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)


def declaration(text: str, environment: str = "") -> Declaration:
    document = parse(text, "declare.md")
    jsonschema.validate(document.value, json_schema())
    return read(filled(document, environment), lambda name: avro("Interactions"))


def test_first_example_is_a_whole_shop() -> None:
    types = {one.type for one in declaration(FIRST).resources.values()}
    assert {"DatasetImportJob", "EventTracker", "Filter", "Campaign"} <= types


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_environments_have_names_of_their_own(environment: str) -> None:
    found = declaration(f"{ENVIRONMENTS}\n{FIRST}", environment)
    assert found.resources["campaigns.home"].properties["name"] == f"{environment}-home"


def test_alias_is_a_campaign_that_names_another_one() -> None:
    found = declaration(f"datasetGroups: {{shop: }}\n{ALIAS}").resources
    assert found["campaigns.home"].properties["solutionVersionArn"] == Ref("campaigns.blue")


def test_page_lists_every_section() -> None:
    assert all(f"`{name}`" in SECTION for name in SECTIONS)
