"""Write the bill of materials of a deployment, in CycloneDX 1.6: `python -m scripts.sbom build/sbom.json`.

Its components are the functions and jobs, and the Python packages that ship with them. The same sources give
the same file. https://cyclonedx.org/docs/1.6/json/
"""

import json
import sys
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from infrastructure.packaging.packages import ROOT
from scripts.shipped import PACKAGES, ShippedPackage, shipped


def document(packages: list[ShippedPackage]) -> dict[str, Any]:
    """The bill of materials of these packages."""
    version = _own_version()
    parts = {name: f"tastemaker/{name}@{version}" for name in PACKAGES}
    content: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _own("tastemaker", f"tastemaker@{version}", version)},
        "components": [_own(name, reference, version) for name, reference in parts.items()]
        + [_library(package) for package in packages],
        "dependencies": [
            {"ref": f"tastemaker@{version}", "dependsOn": list(parts.values())},
            *(
                {"ref": reference, "dependsOn": [_purl(one) for one in packages if name in one.used_by]}
                for name, reference in parts.items()
            ),
        ],
    }
    content["serialNumber"] = f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(content, sort_keys=True))}"
    return content


def _own(name: str, reference: str, version: str) -> dict[str, Any]:
    licenses = [{"license": {"id": "Apache-2.0"}}]
    return {
        "type": "application",
        "bom-ref": reference,
        "name": name,
        "version": version,
        "licenses": licenses,
    }


def _library(package: ShippedPackage) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": _purl(package),
        "name": package.name,
        "version": package.version,
        "purl": _purl(package),
        "licenses": [{"expression": package.license}],
    }
    if package.home:
        component["externalReferences"] = [{"type": "website", "url": package.home}]
    return component


def _purl(package: ShippedPackage) -> str:
    return f"pkg:pypi/{package.name.lower()}@{package.version}"


def _own_version() -> str:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    return next(line.split('"')[1] for line in lines if line.startswith("version = "))


def main() -> int:
    """Write the file that the first argument names."""
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    content = document(shipped())
    target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(f"{len(content['components'])} components: {target}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
