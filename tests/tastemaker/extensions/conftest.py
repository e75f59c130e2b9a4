from pathlib import Path

import pytest

from tests.tastemaker.extensions.cinema import cinema_with_texts
from tests.tastemaker.serving.films import Cinema


@pytest.fixture
def cinema(tmp_path: Path) -> Cinema:
    return cinema_with_texts(tmp_path)
