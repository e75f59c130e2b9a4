import pytest

from tastemaker.control.core.records import MemoryRepository
from tests.tastemaker.control.repository_suite import RepositorySuite


class TestMemoryRepository(RepositorySuite):
    @pytest.fixture
    def repository(self):
        return MemoryRepository()
