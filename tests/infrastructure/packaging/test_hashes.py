import pytest

from infrastructure.packaging.hashes import NotLockedError, with_hashes
from infrastructure.packaging.packages import DISTRIBUTED, FUNCTIONS, ROOT, TRAINING
from infrastructure.packaging.wheels import requirements

PACKAGES = {**FUNCTIONS, "training": TRAINING, "distributed": DISTRIBUTED}


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_that_ships_is_installed_by_hash(name: str) -> None:
    lines = requirements(ROOT / PACKAGES[name].requirements)
    locked = with_hashes(lines).splitlines()
    assert [line.split()[0] for line in locked] == lines
    assert all("--hash=sha256:" in line for line in locked)


def test_version_that_is_not_locked_is_refused() -> None:
    with pytest.raises(NotLockedError, match=r"six==0\.1; add it to requirements\.txt and run make lock"):
        with_hashes(["numpy==2.4.6", "six==0.1"])
