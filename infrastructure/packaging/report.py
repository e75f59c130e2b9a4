"""The sizes of all packages: `python -m infrastructure.packaging.report` builds them and prints a table."""

from __future__ import annotations

from collections.abc import Iterable

from infrastructure.packaging.build import build
from infrastructure.packaging.folders import megabytes, size
from infrastructure.packaging.packages import DISTRIBUTED, FUNCTIONS, TRAINING, Package


def report(packages: Iterable[Package]) -> str:
    """A Markdown table: package, size with its requirements, share of Lambda's limit."""
    rows = ["| package | unzipped | of Lambda's 250 MB |", "| --- | ---: | ---: |"]
    for package in packages:
        total = size(build(package, bundle=True))
        share = f"{100 * total / package.limit:.0f} %" if package.limit else "–"
        rows.append(f"| {package.name} | {megabytes(total)} | {share} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(report([*FUNCTIONS.values(), TRAINING, DISTRIBUTED]))  # noqa: T201
