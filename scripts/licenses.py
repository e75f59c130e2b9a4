"""Write docs/licenses.md: what a deployment ships of others, and under which licenses.

python -m scripts.licenses            writes the page
python -m scripts.licenses --check    fails if the page differs from what would be written
"""

from pathlib import Path

from scripts.generated import write_or_check
from scripts.shipped import EXCEPTIONS, GPL_TEXTS, PACKAGES, ShippedPackage, shipped

PAGE = Path(__file__).parents[1] / "docs" / "licenses.md"
INTRODUCTION = """# Licenses

Tastemaker has the [Apache License 2.0](https://www.apache.org/licenses/LICENSE-2.0). A deployment also ships
these Python packages of others, each with its license file. A test fails if one has a license that is unknown
or copyleft, unless a reason is given below. `make sbom` writes the same list as a bill of materials
(CycloneDX). `make docs` generates this page.

AWS provides the Python of Lambda, the PyTorch image of SageMaker, and Spark. They are not listed.

| package | version | license | shipped with |
| --- | --- | --- | --- |
"""


def page() -> str:
    """Return the text of the page."""
    rows = [
        f"| {_link(package)} | {package.version} | {package.license} | {_users(package)} |"
        for package in shipped()
    ]
    reasons = [f"- **{name}.** {why}" for name, why in sorted({**EXCEPTIONS, **GPL_TEXTS}.items())]
    return INTRODUCTION + "\n".join(rows) + "\n\n## Reasons\n\n" + "\n".join(reasons) + "\n"


def _link(package: ShippedPackage) -> str:
    return f"[{package.name}]({package.home})" if package.home else package.name


def _users(package: ShippedPackage) -> str:
    functions = [name for name in package.used_by if name not in ("training", "distributed")]
    jobs = [
        f"the {name.replace('distributed', 'Spark')} job" for name in package.used_by if name not in functions
    ]
    everyone = len(functions) == len(PACKAGES) - 2
    return ", ".join((["every function"] if everyone else functions) + jobs)


def main() -> int:
    """Write the page, or compare it with `--check`."""
    return write_or_check(PAGE, page())


if __name__ == "__main__":
    raise SystemExit(main())
