"""What goes into the functions: our source, and every package that the source imports."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import time
from pathlib import Path

import botocore
import pytest
from botocore.model import ServiceModel

from infrastructure.packaging.packages import (
    FUNCTIONS,
    ROOT,
    TRAINING,
    Package,
    PackageError,
    build,
    requirements,
    size,
    tidy,
)
from infrastructure.packaging.packages import LAMBDA as PLATFORM
from infrastructure.packaging.trim import trim
from tests.infrastructure.imports import third_party

# Only CreateFilter comes so far as to import these, and neither the steps nor a refresh create a filter.
NEVER_REACHED = {"steps": {"lark", "numpy"}, "refreshing": {"lark"}}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_import_of_a_function_is_in_its_list(name: str) -> None:
    listed = {re.split("[=<>]", line)[0].replace("-", "_") for line in _listed(name)}
    imported = third_party(ROOT, (ROOT / "lambdas" / name).glob("*.py"))
    assert imported - NEVER_REACHED.get(name, set()) <= listed


def test_only_work_on_the_lake_carries_the_columnar_engine() -> None:
    assert [name for name in FUNCTIONS if "pyarrow" in " ".join(_listed(name))] == [
        "attribution",
        "deletion",
        "exporting",
        "importing",
        "refreshing",
    ]


def test_versions_are_those_that_the_tests_run_with() -> None:
    developer = set(requirements(ROOT / "requirements.txt"))
    direct = {line.split("==")[0] for line in developer}
    shipped = {line for name in FUNCTIONS for line in _listed(name)} | set(
        requirements(ROOT / TRAINING.requirements)
    )
    assert {line for line in shipped if line.split("==")[0] in direct} <= developer
    assert all("==" in line for line in shipped)


def test_a_source_package_holds_the_function_and_the_domain() -> None:
    folder = build(FUNCTIONS["runtime"], bundle=False)
    assert (folder / "lambdas" / "runtime" / "handler.py").exists()
    assert (folder / "tastemaker" / "__init__.py").exists()
    assert not (folder / "lambdas" / "control").exists()
    assert build(FUNCTIONS["runtime"], bundle=False) == folder


def test_what_no_build_has_used_for_a_day_is_removed(tmp_path: Path) -> None:
    ages = {"control-now": 2, "control-yesterday": 25, "control-today": 23, "runtime-yesterday": 25}
    for name, hours in ages.items():
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, time.time() - hours * 3600))
    tidy(tmp_path / "control-now")
    assert {path.name for path in tmp_path.iterdir()} == ages.keys() - {"control-yesterday"}
    os.utime(tmp_path / "control-now", (0, time.time() - 25 * 3600))
    tidy(tmp_path / "control-now")
    assert (tmp_path / "control-now").exists()


def test_a_package_too_large_for_lambda_is_refused() -> None:
    tiny = Package(
        "tiny", ("lambdas/__init__.py", "tastemaker"), "lambdas/requirements-steps.txt", PLATFORM, limit=10
    )
    with pytest.raises(PackageError, match=r"tiny is .* MB unzipped, and Lambda takes"):
        build(tiny, bundle=False)


def test_trimming_keeps_what_is_loaded(tmp_path: Path) -> None:
    keep = [
        "botocore/data/s3/x.json",
        "botocore/data/endpoints.json",
        "numpy/testing/a.py",
        "pyarrow/libarrow.so",
    ]
    lose = [
        "botocore/data/ec2/x.json",
        "numpy/tests/a.py",
        "pyarrow/include/a.h",
        "pyarrow/libarrow_flight.so",
    ]
    for name in [*keep, *lose]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("12345")
    assert size(tmp_path) == 40
    trim(tmp_path)
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()) == sorted(
        keep
    )


def test_service_models_lose_their_documentation_and_nothing_else(tmp_path: Path) -> None:
    place = Path("botocore") / "data" / "personalize-runtime" / "2018-05-22" / "service-2.json.gz"
    model = tmp_path / place
    model.parent.mkdir(parents=True)
    shutil.copy(Path(botocore.__file__).parents[1] / place, model)
    before = ServiceModel(json.loads(gzip.decompress(model.read_bytes())))
    trim(tmp_path)
    text = gzip.decompress(model.read_bytes()).decode()
    after = ServiceModel(json.loads(text))
    assert "documentation" not in text
    for name in before.operation_names:
        old, new = before.operation_model(name), after.operation_model(name)
        assert new.http == old.http and new.error_shapes is not None
        for mine, theirs in ((new.input_shape, old.input_shape), (new.output_shape, old.output_shape)):
            assert list(mine.members) == list(theirs.members)
            assert mine.required_members == theirs.required_members
            assert [one.metadata for one in mine.members.values()] == [
                one.metadata for one in theirs.members.values()
            ]


def _listed(name: str) -> list[str]:
    return requirements(ROOT / FUNCTIONS[name].requirements)
