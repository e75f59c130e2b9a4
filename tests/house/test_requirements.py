"""The lock file has the versions that the requirements name, with hashes and without package indexes."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def pins(text: str) -> dict[str, str]:
    """The exact versions that a requirements file names."""
    return {
        name.lower(): version
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.M)
    }


def test_lock_has_every_pin_of_the_requirements() -> None:
    wanted = pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    locked = pins(LOCK)
    assert {name: locked.get(name) for name in wanted} == wanted, "run: make lock"


def test_every_locked_package_has_a_hash() -> None:
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert all("--hash=sha256:" in block for block in blocks)


def test_lock_leaves_torch_to_pip_and_names_no_package_index() -> None:
    assert "torch" not in pins(LOCK)
    assert "://" not in LOCK
