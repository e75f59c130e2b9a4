"""What ships has licenses that may ship, and the page and the bill of materials list it."""

import json
from dataclasses import replace

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from scripts import licenses, sbom
from scripts.shipped import EXCEPTIONS, GPL_TEXTS, PACKAGES, ShippedPackage, license_of, problems, shipped


@pytest.fixture(scope="module")
def packages() -> list[ShippedPackage]:
    return shipped()


def test_no_shipped_package_has_an_unknown_or_copyleft_license(packages: list[ShippedPackage]) -> None:
    assert problems(packages) == []


@pytest.mark.parametrize(
    "license", ["GPL-3.0-only", "AGPL-3.0", "MIT AND LGPL-2.1-or-later", "Proprietary", ""]
)
def test_unknown_and_copyleft_licenses_are_found(packages: list[ShippedPackage], license: str) -> None:
    bad = replace(packages[0], license=license, name="other")
    assert problems([*packages, bad]) == [f"other {bad.version}: {license or 'no license'}"]
    assert problems([replace(packages[0], names_gpl=True)]) != []


def test_every_exception_is_needed(packages: list[ShippedPackage]) -> None:
    needed = {one.name for one in packages for other in [replace(one, name="x")] if problems([other])}
    assert needed == {*EXCEPTIONS, *GPL_TEXTS}


def test_licenses_are_read_from_expressions_classifiers_and_the_old_field() -> None:
    mit = "License :: OSI Approved :: MIT License"
    assert (
        license_of({"License-Expression": "MIT OR Apache-2.0", "License": "x"}, [mit]) == "MIT OR Apache-2.0"
    )
    assert (
        license_of({"License": "Dual"}, [mit, "License :: OSI Approved :: BSD License"])
        == "MIT AND BSD-3-Clause"
    )
    assert license_of({"License": "MIT License"}, []) == "MIT"
    assert license_of({}, ["Topic :: Software Development"]) == ""


def test_page_lists_what_ships() -> None:
    assert licenses.PAGE.read_text(encoding="utf-8") == licenses.page(), "run: make docs"


def test_bill_of_materials_is_valid_and_names_who_ships_what(packages: list[ShippedPackage]) -> None:
    document = sbom.document(packages)
    assert document == sbom.document(shipped())
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document)) is None
    uses = {one["ref"].partition("@")[0]: one["dependsOn"] for one in document["dependencies"]}
    assert set(uses) == {"tastemaker", *(f"tastemaker/{name}" for name in PACKAGES)}
    numpy = next(one for one in packages if one.name == "numpy")
    assert f"pkg:pypi/numpy@{numpy.version}" in uses["tastemaker/runtime"]
    assert f"pkg:pypi/numpy@{numpy.version}" not in uses["tastemaker/events"]
