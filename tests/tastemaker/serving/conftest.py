from pathlib import Path

import pytest

from tests.tastemaker.serving.films import Cinema


@pytest.fixture
def cinema(tmp_path: Path) -> Cinema:
    return Cinema(tmp_path)
