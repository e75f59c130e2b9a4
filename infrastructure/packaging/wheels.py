"""Installation of a package's requirements, for the platform where it runs and without Docker.

pip downloads wheels for the target, not for this machine, and accepts only those whose hashes are in
`requirements.lock`. Files that no function loads are removed: test
suites, the models of AWS services that we do not call, and others (`trim.py`).
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

from infrastructure.packaging import bytecode, trim
from infrastructure.packaging.folders import fresh_folder, tidy
from infrastructure.packaging.hashes import NotLockedError, with_hashes
from infrastructure.packaging.packages import ROOT, Package

BUILD = ROOT / "build"


class PackageError(Exception):
    """A package cannot be built. The message names it and says what to do."""


def install(package: Package) -> Path:
    """Install and trim the requirements of a package, and return their folder.

    A hash of everything that decides its content names the folder. Raises PackageError if pip fails.
    """
    digest = hashlib.sha256(Path(trim.__file__).read_bytes())
    for line in requirements(ROOT / package.requirements):
        digest.update(line.encode() + b"\n")
    python = bytecode.interpreter(package.platform.python)
    digest.update(f"{package.platform} {bool(python)}".encode())
    target = BUILD / "wheels" / f"{package.name}-{digest.hexdigest()[:16]}"
    if not target.exists():
        with fresh_folder(target) as folder:
            _pip_install(package, folder)
            trim.trim(folder)
            if python:
                bytecode.compile_folder(folder, python)
    tidy(target)
    return target


def requirements(path: Path) -> list[str]:
    """The lines of a requirements file, with those of the files it includes, sorted."""
    lines: set[str] = set()
    for raw in path.read_text().splitlines():
        line = raw.split("#")[0].strip()
        if line.startswith("-r "):
            lines.update(requirements(path.parent / line[3:].strip()))
        elif line:
            lines.add(line)
    return sorted(lines)


def _pip_install(package: Package, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
    command += ["--implementation", "cp", "--python-version", package.platform.python, "--only-binary=:all:"]
    # Byte code of the Python that runs pip is useless; bytecode.py compiles for the target.
    command += [f"--platform={tag}" for tag in package.platform.tags] + ["--no-compile"]
    # Every requirement is listed with its version. A dependency that pip adds would not be pinned.
    command += ["--no-deps", "--require-hashes", "-r"]
    with NamedTemporaryFile("w", suffix=".txt") as list_of_files:
        try:
            list_of_files.write(with_hashes(requirements(ROOT / package.requirements)))
        except NotLockedError as error:
            raise PackageError(f"{package.requirements}: {error}") from error
        list_of_files.flush()
        result = subprocess.run([*command, list_of_files.name], capture_output=True, text=True)
    if result.returncode:
        raise PackageError(
            f"pip could not install {package.requirements} for {package.platform}:\n{result.stderr}"
        )
