from pathlib import Path

import pytest

from tests.tastemaker.importing.support import ImportFolder


@pytest.fixture
def folder(tmp_path: Path) -> ImportFolder:
    return ImportFolder(tmp_path)
