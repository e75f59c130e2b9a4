"""The folder of a package: our source, and the installed requirements.

The folder is below `build/packages/` and named by a hash of its content, so nothing is built twice and two
builds at the same time do not disturb each other.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from infrastructure.packaging import bytecode
from infrastructure.packaging.folders import fresh_folder, megabytes, size, tidy
from infrastructure.packaging.packages import ROOT, Package
from infrastructure.packaging.wheels import BUILD, PackageError, install


def build(package: Package, *, bundle: bool) -> Path:
    """Build the folder of a package, with its requirements if `bundle`.

    Raises PackageError if the package is too large, or if pip fails.
    """
    files = list(_source_files(package))
    digest = hashlib.sha256()
    for relative, path in files:
        digest.update(f"{relative}\0".encode() + path.read_bytes())
    wheels = install(package) if bundle else None
    python = bytecode.interpreter(package.platform.python) if bundle else None
    digest.update(f"{wheels.name if wheels else 'source only'} {bool(python)}".encode())
    target = BUILD / "packages" / f"{package.name}-{digest.hexdigest()[:16]}"
    if not target.exists():
        with fresh_folder(target) as folder:
            if wheels:
                # Links, not copies: functions share most of their wheels.
                shutil.copytree(wheels, folder, copy_function=os.link, dirs_exist_ok=True)
            for relative, path in files:
                (folder / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / relative)
    tidy(target)
    total = size(target)
    if package.limit and total > package.limit:
        raise PackageError(
            f"{package.name} is {megabytes(total)} unzipped, and Lambda takes {megabytes(package.limit)}: "
            f"shorten {package.requirements}, or leave out more in infrastructure/packaging/trim.py"
        )
    return target


def _source_files(package: Package) -> Iterator[tuple[str, Path]]:
    """(path in the package, path here), in a fixed order."""
    for source in package.sources:
        root = ROOT / source
        for path in [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file()):
            if "__pycache__" not in path.parts and path.suffix != ".pyc":
                yield path.relative_to(ROOT).as_posix(), path
