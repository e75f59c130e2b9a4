"""The JSON schema against the reference implementation of JSON Schema, and against the reader."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from tastemaker.declaration.file.json_schema import json_schema
from tastemaker.declaration.file.sections import SECTIONS, TOP_LEVEL
from tests.tastemaker.declaration.file.service import shop

ROOT = Path(__file__).parents[4]
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_schema_is_a_schema_and_has_every_section():
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert set(json_schema()["properties"]) == {*SECTIONS, *TOP_LEVEL}


def test_published_schema_is_the_one_of_this_release():
    published = json.loads((ROOT / "docs" / "tastemaker.schema.json").read_text())
    assert published == json_schema(), "run: python -m scripts.declare"


def test_valid_file_is_valid():
    VALIDATOR.validate(shop())
    VALIDATOR.validate({"variables": {"tps": 1}, "environments": {"dev": None, "prod": {"tps": 2}}})
    VALIDATOR.validate({"campaigns": {"home": {"solution": "a", "minProvisionedTPS": "${tps}"}}})
    VALIDATOR.validate({"schemas": {"events": {"schema": {"file": "events.avsc"}}}})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("solution",), {}),
        (("campaigns", "home", "minProvisonedTPS"), 1),
        (("campaigns", "home", "minProvisionedTPS"), "many"),
        (("campaigns", "home", "minProvisionedTPS"), 0),
        (("filters", "cheap"), {}),
        (("datasetImportJobs", "first", "importMode"), "SOME"),
        (("datasetImportJobs", "first", "dataSource", "location"), "s3://a"),
        (("datasets", "items", "datasetType"), "Things"),
        (("campaigns", "home", "campaignConfig"), []),
    ],
)
def test_invalid_file_is_invalid(path, value):
    file = copy.deepcopy(shop())
    part = file
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(file)
