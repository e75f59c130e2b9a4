"""Variables: precedence, types, and names that are not known."""

import pytest

from tastemaker.declaration.file.document import Document, InvalidDeclaration
from tastemaker.declaration.file.variables import filled

FILE = {
    "variables": {"tps": 1, "bucket": "data"},
    "environments": {"dev": None, "prod": {"tps": 5}},
    "a": {"tps": "${tps}", "path": "s3://${bucket}/${environment}", "text": "$${tps} and $NAME"},
}


def test_environment_has_precedence_and_given_values_over_it():
    assert filled(Document(FILE), "dev").value["a"]["tps"] == 1
    assert filled(Document(FILE), "prod").value["a"]["tps"] == 5
    assert filled(Document(FILE), "prod", {"tps": "7"}).value["a"]["tps"] == "7"


def test_text_is_filled_and_escaped_text_stays():
    value = filled(Document(FILE), "prod").value
    assert value == {"a": {"tps": 5, "path": "s3://data/prod", "text": "${tps} and $NAME"}}


@pytest.mark.parametrize(
    ("value", "environment", "said"),
    [
        (FILE, "", "shop.yaml:7: The variable environment needs an environment \\(dev, prod\\)"),
        (FILE, "stage", "There is no environment 'stage'; there are dev, prod"),
        ({"a": "${bukket}", "variables": {"bucket": 1}}, "", "did you mean bucket"),
        ({"a": "${x}"}, "", "--var x="),
        ({"variables": ["a"]}, "", "variables must be a mapping"),
        ({"environments": {"dev": 1}}, "dev", "must be a mapping of variables"),
        (["a"], "", "must be a mapping of sections"),
    ],
)
def test_error_names_line_and_remedy(value, environment, said):
    with pytest.raises(InvalidDeclaration, match=said):
        filled(Document(value, {("a", "path"): 7}, "shop.yaml"), environment)
