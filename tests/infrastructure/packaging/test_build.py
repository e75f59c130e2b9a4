"""Built packages: their content and their size."""

from __future__ import annotations

import pytest

from infrastructure.packaging.build import build
from infrastructure.packaging.packages import FUNCTIONS, LAMBDA, Package
from infrastructure.packaging.wheels import PackageError


def test_source_package_has_the_function_and_the_domain_only() -> None:
    folder = build(FUNCTIONS["runtime"], bundle=False)
    assert (folder / "lambdas" / "runtime" / "handler.py").exists()
    assert (folder / "tastemaker" / "__init__.py").exists()
    assert not (folder / "lambdas" / "control").exists()
    assert build(FUNCTIONS["runtime"], bundle=False) == folder


def test_package_that_is_too_large_for_lambda_is_refused() -> None:
    tiny = Package(
        "tiny", ("lambdas/__init__.py", "tastemaker"), "lambdas/requirements-steps.txt", LAMBDA, limit=10
    )
    with pytest.raises(PackageError, match=r"tiny is .* MB unzipped, and Lambda takes"):
        build(tiny, bundle=False)
