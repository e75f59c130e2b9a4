"""What a function, the training job or the Spark job ships: its pinned packages, with their licenses.

A license is read from the metadata of the installed package and written as an SPDX expression.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution

from infrastructure.packaging.packages import DISTRIBUTED, FUNCTIONS, ROOT, TRAINING
from infrastructure.packaging.wheels import requirements

PACKAGES = {**FUNCTIONS, TRAINING.name: TRAINING, DISTRIBUTED.name: DISTRIBUTED}
"""What is deployed with Python packages: the functions, the training job, and the Spark job."""

PERMISSIVE = frozenset(
    [
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        "MIT",
        "MIT-0",
        "PSF-2.0",
        "Zlib",
    ]
)
"""Licenses that ask for no more than notices."""
EXCEPTIONS = {
    "tqdm": "MPL-2.0 applies to single files. The package ships unchanged, with its source.",
}
"""Packages with another license, and why they may ship."""
GPL_TEXTS = {
    "numpy": "libgfortran, under the GPL with the GCC Runtime Library Exception, which permits any program.",
    "pandas": "The license of Python calls itself GPL-compatible.",
    "typing-extensions": "The license of Python calls itself GPL-compatible.",
    "pyarrow": "The license of LLVM, Apache-2.0, has an exception for combinations with GPLv2.",
}
"""Packages whose license files name the GPL, and why they may ship."""

_SPDX = {
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd license": "BSD-3-Clause",
    "mit license": "MIT",
    "mit no attribution license (mit-0)": "MIT-0",
}
_GPL = re.compile(rb"GENERAL PUBLIC LICENSE|\bA?L?GPL", re.IGNORECASE)
_OPERATORS = re.compile(r"\s+(?:AND|OR)\s+|[()]")


@dataclass(frozen=True)
class ShippedPackage:
    """One Python package. `used_by` are names of `PACKAGES`. `names_gpl`: a license file names the GPL."""

    name: str
    version: str
    license: str
    home: str
    used_by: tuple[str, ...]
    names_gpl: bool

    @property
    def licenses(self) -> set[str]:
        """The single licenses of the expression."""
        return {part for part in _OPERATORS.split(self.license) if part}


def shipped() -> list[ShippedPackage]:
    """All packages that ship, by name. Raises PackageNotFoundError if one is not installed here."""
    users: dict[tuple[str, str], list[str]] = {}
    for name, package in PACKAGES.items():
        for line in requirements(ROOT / package.requirements):
            pin = line.partition("==")
            users.setdefault((pin[0], pin[2]), []).append(name)
    return [_package(name, version, users[name, version]) for name, version in sorted(users)]


def problems(packages: list[ShippedPackage]) -> list[str]:
    """What may not ship: a license that is unknown or copyleft, and texts of the GPL, without a reason."""
    found = []
    for package in packages:
        others = package.licenses - PERMISSIVE
        if (others or not package.licenses) and package.name not in EXCEPTIONS:
            found.append(f"{package.name} {package.version}: {package.license or 'no license'}")
        if package.names_gpl and package.name not in GPL_TEXTS:
            found.append(f"{package.name} {package.version}: a license file names the GPL")
    return found


def license_of(metadata: Mapping[str, str], classifiers: list[str]) -> str:
    """The SPDX expression of a package's metadata, or what its classifiers say, or its field `License`."""
    if metadata.get("License-Expression"):
        return metadata["License-Expression"]
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: ")]
    if named:
        return " AND ".join(dict.fromkeys(_spdx(one) for one in named))
    return _spdx(metadata.get("License") or "")


def _spdx(name: str) -> str:
    return _SPDX.get(name.strip().lower(), name.strip())


def _package(name: str, version: str, used_by: list[str]) -> ShippedPackage:
    installed = distribution(name)
    metadata = {name: _field(installed, name) for name in ("License-Expression", "License")}
    classifiers = installed.metadata.get_all("Classifier") or []
    return ShippedPackage(
        name,
        version,
        license_of(metadata, classifiers),
        _home(installed),
        tuple(used_by),
        _names_gpl(installed),
    )


def _home(installed: Distribution) -> str:
    urls = dict(url.split(", ", 1) for url in installed.metadata.get_all("Project-URL") or [])
    by_name = {name.lower(): url for name, url in urls.items()}
    choices = [by_name.get(name) for name in ("homepage", "repository", "source", "documentation")]
    return next((url for url in choices if url), _field(installed, "Home-page"))


def _field(installed: Distribution, name: str) -> str:
    return str((installed.metadata.get_all(name) or [""])[0])


def _names_gpl(installed: Distribution) -> bool:
    files = installed.files or []
    texts = [
        one
        for one in files
        if re.search(r"(?i)licen[cs]e|copying|notice", one.name) and ".dist-info" in str(one)
    ]
    return any(_GPL.search(one.read_binary()) for one in texts)
