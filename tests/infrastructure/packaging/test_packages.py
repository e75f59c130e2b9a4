"""The lists of requirements: complete, pinned, and no longer than needed."""

from __future__ import annotations

import re

import pytest

from infrastructure.functions.registry import declarations
from infrastructure.packaging.packages import FUNCTIONS, ROOT, TRAINING
from infrastructure.packaging.wheels import requirements
from tests.infrastructure.imports import third_party

DISTRIBUTIONS = {"Stemmer": "pystemmer"}
"""Packages that are imported by another name than they are installed by."""
NEVER_REACHED = {
    # Only CreateFilter imports these, and neither the steps nor a refresh create a filter.
    "steps": {"lark", "numpy"},
    "refreshing": {"lark"},
    # A small model runs in the local run only; no stage that is deployed may name it.
    "generation": {"xllamacpp"},
    "batch": {"xllamacpp"},
}


def test_every_declared_function_has_a_list_of_requirements() -> None:
    assert declarations().keys() == FUNCTIONS.keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_import_of_a_function_is_in_its_list(name: str) -> None:
    listed = {re.split("[=<>]", line)[0].replace("-", "_") for line in _listed(name)}
    found = third_party(ROOT, (ROOT / "lambdas" / name).glob("*.py"))
    imported = {DISTRIBUTIONS.get(package, package) for package in found}
    assert imported - NEVER_REACHED.get(name, set()) <= listed


def test_only_functions_that_process_the_lake_have_pyarrow() -> None:
    assert [name for name in FUNCTIONS if "pyarrow" in " ".join(_listed(name))] == [
        "attribution",
        "deletion",
        "exporting",
        "importing",
        "refreshing",
    ]


def test_no_function_has_the_x_ray_sdk() -> None:
    """AWS ends its support on 25 February 2027. Lambda's own tracing needs no SDK."""
    assert [name for name in FUNCTIONS if {"aws-xray-sdk", "wrapt"} & _names(name)] == []
    assert "aws-xray-sdk" not in (ROOT / "requirements.lock").read_text()


def test_versions_are_pinned_to_those_that_the_tests_use() -> None:
    developer = set(requirements(ROOT / "requirements.txt"))
    direct = {line.split("==")[0] for line in developer}
    shipped = {line for name in FUNCTIONS for line in _listed(name)} | set(
        requirements(ROOT / TRAINING.requirements)
    )
    assert {line for line in shipped if line.split("==")[0] in direct} <= developer
    assert all("==" in line for line in shipped)


def _names(function: str) -> set[str]:
    return {line.split("==")[0] for line in _listed(function)}


def _listed(name: str) -> list[str]:
    return requirements(ROOT / FUNCTIONS[name].requirements)
