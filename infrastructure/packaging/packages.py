"""What goes into each function and into the training job: our source, and the wheels it needs, without
Docker.

A package is a folder under `build/packages/`, named by a hash of what is in it, so that nothing is
built twice and two runs at once do not disturb each other; it is removed when no build has used it for a
day and another of its name is built. Wheels come from pip for the platform of the
target, not of this machine; what a function never loads is left out (test suites, the models of AWS
services that we do not call, …).

`python -m infrastructure.packaging.packages --report` builds every package and prints its size.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infrastructure.packaging import bytecode, trim

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
# Lambda refuses a function whose unzipped code is larger; the unit of its 250 MB is 1,048,576 bytes.
LAMBDA_LIMIT = 250 * 1024 * 1024
KEPT_SECONDS = 24 * 3600.0  # long after any other run has read what it built


class PackageError(Exception):
    """A package cannot be built; the message names it and says what to do."""


@dataclass(frozen=True)
class Platform:
    """Where a package runs. Both manylinux tags are needed: with one alone, pip finds an old numpy."""

    architecture: str
    python: str = "3.13"

    @property
    def tags(self) -> tuple[str, ...]:
        return (f"manylinux2014_{self.architecture}", f"manylinux_2_28_{self.architecture}")


@dataclass(frozen=True)
class Package:
    """`sources` are below the repository's root; `requirements` is a pinned list for pip."""

    name: str
    sources: tuple[str, ...]
    requirements: str
    platform: Platform
    limit: int | None = LAMBDA_LIMIT


LAMBDA = Platform("aarch64")
# The public PyTorch 2.10 images are built for x86-64 and Python 3.13 (see training_images.json).
SAGEMAKER = Platform("x86_64")


def _function(name: str) -> Package:
    sources = ("lambdas/__init__.py", "lambdas/support", "lambdas/stores", f"lambdas/{name}", "tastemaker")
    return Package(name, sources, f"lambdas/requirements-{name}.txt", LAMBDA)


FUNCTIONS = {
    name: _function(name)
    for name in sorted(path.stem.split("-", 1)[1] for path in (ROOT / "lambdas").glob("requirements-*.txt"))
    if name != "common"
}
TRAINING = Package(
    "training", ("training", "tastemaker"), "infrastructure/requirements-training.txt", SAGEMAKER, limit=None
)

# The EMR release's Python and processors; see distributed.py.
DISTRIBUTED = Package(
    "distributed",
    ("distributed", "lambdas/__init__.py", "lambdas/support", "lambdas/stores", "tastemaker", "training"),
    "infrastructure/requirements-distributed.txt",
    Platform("aarch64", python="3.11"),
    limit=None,
)


def build(package: Package, *, bundle: bool) -> Path:
    """The folder of a package, with its wheels if `bundle`. Raises :class:`PackageError`."""
    files = list(_source_files(package))
    digest = hashlib.sha256()
    for relative, path in files:
        digest.update(f"{relative}\0".encode() + path.read_bytes())
    wheels = _wheels(package) if bundle else None
    python = bytecode.interpreter(package.platform.python) if bundle else None
    digest.update(f"{wheels.name if wheels else 'source only'} {bool(python)}".encode())
    target = BUILD / "packages" / f"{package.name}-{digest.hexdigest()[:16]}"
    if not target.exists():
        with _fresh_folder(target) as folder:
            if wheels:
                # Links, not copies: six functions share most of their wheels.
                shutil.copytree(wheels, folder, copy_function=os.link, dirs_exist_ok=True)
            for relative, path in files:
                (folder / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / relative)
    tidy(target)
    total = size(target)
    if package.limit and total > package.limit:
        raise PackageError(
            f"{package.name} is {_megabytes(total)} unzipped, and Lambda takes {_megabytes(package.limit)}: "
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


def _wheels(package: Package) -> Path:
    """The installed and trimmed requirements, kept by a hash of all that decides their content."""
    digest = hashlib.sha256(Path(trim.__file__).read_bytes())
    for line in requirements(ROOT / package.requirements):
        digest.update(line.encode() + b"\n")
    python = bytecode.interpreter(package.platform.python)
    digest.update(f"{package.platform} {bool(python)}".encode())
    target = BUILD / "wheels" / f"{package.name}-{digest.hexdigest()[:16]}"
    if not target.exists():
        with _fresh_folder(target) as folder:
            _install(package, folder)
            trim.trim(folder)
            if python:
                bytecode.compile_folder(folder, python)
    tidy(target)
    return target


def tidy(target: Path) -> None:
    """Note that a folder is in use, and remove those of the same name that have not been for a day."""
    os.utime(target)
    for other in target.parent.glob(target.name.rpartition("-")[0] + "-*"):
        try:
            unused = time.time() - other.stat().st_mtime
        except FileNotFoundError:  # another run was faster
            continue
        if unused > KEPT_SECONDS:
            shutil.rmtree(other, ignore_errors=True)


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


def _install(package: Package, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
    command += ["--implementation", "cp", "--python-version", package.platform.python, "--only-binary=:all:"]
    # Compiled by the Python that runs pip, it would be dead weight; bytecode.py compiles for the target.
    command += [f"--platform={tag}" for tag in package.platform.tags] + ["--no-compile"]
    # Every requirement is listed with its version: what pip adds by itself would be an unpinned guest.
    command += ["--no-deps", "-r", str(ROOT / package.requirements)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise PackageError(
            f"pip could not install {package.requirements} for {package.platform}:\n{result.stderr}"
        )


class _fresh_folder:  # noqa: N801 (used as a function)
    """A folder that appears at `target` only when it is complete, whoever else builds the same one."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __enter__(self) -> Path:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.temporary = Path(tempfile.mkdtemp(prefix=f".{self.target.name}-", dir=self.target.parent))
        self.temporary.chmod(0o755)
        return self.temporary

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        try:
            if not failed:
                self.temporary.rename(self.target)
        except OSError:  # another process was faster; its folder has the same content
            if not self.target.exists():
                raise
        finally:
            shutil.rmtree(self.temporary, ignore_errors=True)


def size(folder: Path) -> int:
    """Bytes of all files below a folder, as Lambda counts them: unzipped."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.1f} MB"


def report(packages: Iterable[Package]) -> str:
    """A Markdown table: package, size with its wheels, share of Lambda's limit."""
    rows = ["| package | unzipped | of Lambda's 250 MB |", "| --- | ---: | ---: |"]
    for package in packages:
        total = size(build(package, bundle=True))
        share = f"{100 * total / package.limit:.0f} %" if package.limit else "–"
        rows.append(f"| {package.name} | {_megabytes(total)} | {share} |")
    return "\n".join(rows)


if __name__ == "__main__":
    if sys.argv[1:] != ["--report"]:
        sys.exit(__doc__)
    print(report([*FUNCTIONS.values(), TRAINING, DISTRIBUTED]))  # noqa: T201
